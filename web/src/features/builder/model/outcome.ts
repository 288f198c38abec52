import { isRaw, textOf } from "./config";

/** Where a step leads: to a step by its key, out of the sequence, or to the step below. The same three forms as in
 * `domain/sequences/steps/outcome.py`. */
export type Outcome = { goto: string } | { stop: true; reason?: string } | { continue: true };

/** The name of a way out of a step, as the server's problems name it: `branches[0].then`, `else`, `on_event`, `on_timeout`.
 * `next` is the only way out of a step that does not branch. */
export type OutletName = string;

export interface Outlet {
  name: OutletName;
  /** When a lead takes this way, in words. Empty for the only way. */
  label: string;
  outcome: Outcome;
}

export const NEXT: OutletName = "next";
export const CONTINUE: Outcome = { continue: true };

/** An outcome that is missing or not valid continues, as on the server. */
export function readOutcome(raw: unknown): Outcome {
  if (!isRaw(raw)) return CONTINUE;
  if (typeof raw.goto === "string") return { goto: raw.goto };
  if (raw.stop !== true) return CONTINUE;
  const reason = textOf(raw, "reason");
  return reason === "" ? { stop: true } : { stop: true, reason };
}

export function sameOutcome(one: Outcome, other: Outcome): boolean {
  if ("goto" in one) return "goto" in other && one.goto === other.goto;
  if ("stop" in one) return "stop" in other && (one.reason ?? "") === (other.reason ?? "");
  return "continue" in other;
}

/** The key that the outcome names, if it names one. */
export function gotoKeys(outcome: unknown): string[] {
  return isRaw(outcome) && typeof outcome.goto === "string" ? [outcome.goto] : [];
}

/** The outcome with the key `from` replaced by `to`. Everything else stays as it is written. */
export function withRenamedGoto(outcome: unknown, from: string, to: string): unknown {
  return isRaw(outcome) && outcome.goto === from ? { ...outcome, goto: to } : outcome;
}
