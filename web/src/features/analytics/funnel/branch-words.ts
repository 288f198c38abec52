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
  return branch === null ? "Continued" : branch === "else" ? "Else" : words(branch);
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
  if (best === undefined) return "No variant is sent any more.";
  if (next === undefined) return `Only ${best.name} is still sent.`;
  if (competing.every((result) => result.sent === 0)) return "No email was sent yet.";
  const level = Math.abs((best.probability_best ?? 0) - (next.probability_best ?? 0)) < 0.01;
  const lead = level
    ? "They are equal so far"
    : `${best.name} is ahead with ${sure(best.probability_best)} certainty; ${sure(step.required_certainty)} is required`;
  const fewest = Math.min(...competing.map((result) => result.sent));
  return fewest < step.min_sample
    ? `${lead}. Too early to decide: each needs ${count(step.min_sample)} emails, one has only ${count(fewest)}.`
    : `${lead}.`;
}

function won(step: StepVariantsResponse, winner: string): string {
  const certainty = step.certainty === null ? "" : `, ${sure(step.certainty)} certain`;
  return step.decided_at === null
    ? `${winner} has the most replies${certainty}. The others are still sent.`
    : `${winner} has won${certainty}. Every lead that comes here gets it.`;
}

/** Whole percent, but never 100 % for a share below 1. */
export function sure(share: number | null): string {
  if (share === null) return "–";
  const percent = Math.round(share * 100);
  if (percent === 100 && share < 1) return rate(Math.floor(share * 1000) / 1000);
  return `${percent}%`;
}
