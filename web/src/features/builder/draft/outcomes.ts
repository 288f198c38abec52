import { plural, words } from "@/lib/format";
import { readTest } from "../kinds/condition/condition-tree";
import { isRaw, listOf, numberOf, textOf } from "../model/config";
import type { DraftStep } from "../model/step";
import { testWords } from "../summary";

/** Where the ways out of a step lead, read from its config and written back into it. */

export type Outcome = { goto: string } | { stop: true; reason?: string } | { continue: true };

/** The name of a way out, as the server's problems name it: `branches[0].then`, `else`, `on_event`, `on_timeout`; `next`
 * is that of a step which has only one. */
export type Outgoing = string;

export interface Outlet {
  name: Outgoing;
  /** In words: when it is taken. Empty for the only way. */
  label: string;
  outcome: Outcome;
}

export const NEXT: Outgoing = "next";
export const CONTINUE: Outcome = { continue: true };

/** The ways out of a step, in the order in which they are asked. Those that nothing can reach are left out. Labels call
 * other steps by their names if `steps` are given, else by their keys. */
export function outlets(step: DraftStep, steps: readonly DraftStep[] = []): readonly Outlet[] {
  if (step.type === "condition") return ofCondition(step.config, steps);
  if (step.type === "wait_for") {
    return [
      { name: "on_event", label: words(textOf(step.config, "event")), outcome: read(step.config.on_event) },
      { name: "on_timeout", label: afterDays(step.config), outcome: read(step.config.on_timeout) },
    ];
  }
  return [{ name: NEXT, label: "", outcome: CONTINUE }];
}

export function branches(step: DraftStep): boolean {
  return step.type === "condition" || step.type === "wait_for";
}

/** Whether some way out goes on to the step behind it. */
export function fallsThrough(step: DraftStep): boolean {
  return outlets(step).some((outlet) => "continue" in outlet.outcome);
}

/** The step with that way out leading elsewhere. A step that has only one way keeps it. */
export function withOutcome(step: DraftStep, name: Outgoing, outcome: Outcome): DraftStep {
  if (!branches(step)) return step;
  const place = /^branches\[(\d+)\]\.then$/.exec(name);
  if (place === null) return { ...step, config: { ...step.config, [name]: outcome } };
  const changed = listOf(step.config, "branches").map((branch, index) =>
    index === Number(place[1]) && isRaw(branch) ? { ...branch, then: outcome } : branch,
  );
  return { ...step, config: { ...step.config, branches: changed } };
}

export function sameOutcome(one: Outcome, other: Outcome): boolean {
  if ("goto" in one) return "goto" in other && one.goto === other.goto;
  if ("stop" in one) return "stop" in other && (one.reason ?? "") === (other.reason ?? "");
  return "continue" in other;
}

function ofCondition(config: DraftStep["config"], steps: readonly DraftStep[]): readonly Outlet[] {
  const found: Outlet[] = [];
  for (const [index, branch] of listOf(config, "branches").entries()) {
    const test = isRaw(branch) ? branch.if : undefined;
    const outcome = read(isRaw(branch) ? branch.then : undefined);
    found.push({
      name: `branches[${index}].then`,
      label: capital(testWords(readTest(test), steps)),
      outcome,
    });
    if (isAlways(test)) return found;
  }
  return [...found, { name: "else", label: "Otherwise", outcome: read(config.else) }];
}

/** What is missing, or makes no sense, goes on: so does the server. */
function read(raw: unknown): Outcome {
  if (!isRaw(raw)) return CONTINUE;
  if (typeof raw.goto === "string") return { goto: raw.goto };
  if (raw.stop === true)
    return textOf(raw, "reason") ? { stop: true, reason: textOf(raw, "reason") } : { stop: true };
  return CONTINUE;
}

function afterDays(config: DraftStep["config"]): string {
  return `After ${plural(numberOf(config, "timeout_days") ?? 0, "day")}`;
}

function isAlways(test: unknown): boolean {
  const name = isRaw(test) ? Object.keys(test)[0] : test;
  return name === "always" || name === "if_always";
}

function capital(said: string): string {
  return said.charAt(0).toUpperCase() + said.slice(1);
}
