import type { BranchTaken, FunnelStepResponse, StepVariantsResponse } from "@/api/schema";
import { count, rate, words } from "@/lib/format";

/** Puts figures into words. */

type Step = Pick<FunnelStepResponse, "key" | "name">;

/** Which way leads took at a step, and where it led: `If 1`, `Follow-up`. */
export function branchWords(taken: BranchTaken, steps: readonly Step[]): { way: string; led: string } {
  return { way: wayWords(taken.branch), led: outcomeWords(taken.outcome, steps) };
}

function wayWords(branch: string | null): string {
  const index = branch?.match(/^branches\[(\d+)\]$/)?.[1];
  if (index !== undefined) return `If ${Number(index) + 1}`;
  return branch === null ? "Went on" : branch === "else" ? "Else" : words(branch);
}

function outcomeWords(outcome: BranchTaken["outcome"], steps: readonly Step[]): string {
  if (outcome === null) return "next step";
  if (typeof outcome.goto === "string") return stepName(outcome.goto, steps);
  if (outcome.stop === true)
    return typeof outcome.reason === "string" ? `stop, ${outcome.reason.replaceAll("_", " ")}` : "stop";
  return "next step";
}

function stepName(key: string, steps: readonly Step[]): string {
  return steps.find((step) => step.key === key)?.name || key;
}

/** Which variant leads, how certain that is, and what is missing for a decision, in one or two sentences. */
export function verdict(step: StepVariantsResponse): string {
  const competing = step.results.filter((result) => result.probability_best !== null);
  const [best, next] = [...competing].sort((a, b) => (b.probability_best ?? 0) - (a.probability_best ?? 0));
  if (step.winner !== null) return won(step, step.winner);
  if (best === undefined) return "Nobody is sent a variant any more.";
  if (next === undefined) return `Only ${best.name} is still sent.`;
  if (competing.every((result) => result.sent === 0)) return "None was sent yet.";
  const level = Math.abs((best.probability_best ?? 0) - (next.probability_best ?? 0)) < 0.01;
  const lead = level
    ? "They are level so far"
    : `${best.name} is ahead; ${sure(best.probability_best)} sure, needs ${sure(step.required_certainty)}`;
  const fewest = Math.min(...competing.map((result) => result.sent));
  return fewest < step.min_sample
    ? `${lead}. Too early to decide: each needs ${count(step.min_sample)} emails, the least has ${count(fewest)}.`
    : `${lead}.`;
}

function won(step: StepVariantsResponse, winner: string): string {
  const certainty = step.certainty === null ? "" : `, ${sure(step.certainty)} sure`;
  return step.decided_at === null
    ? `${winner} has the most replies${certainty}. The others are sent all the same.`
    : `${winner} has won${certainty}. Everybody who comes here is sent it.`;
}

/** Whole percent, but never 100 % for a share below 1. */
export function sure(share: number | null): string {
  if (share === null) return "–";
  const percent = Math.round(share * 100);
  if (percent === 100 && share < 1) return rate(Math.floor(share * 1000) / 1000);
  return `${percent}%`;
}
