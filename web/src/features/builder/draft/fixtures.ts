import type { DraftStep, StepType } from "../model/step";
import type { Draft } from "./draft";

/** Steps for the tests: `uid` is the key, to be read in what they expect. */

export function step(
  key: string,
  type: StepType = "email",
  config: DraftStep["config"] = {},
  more: Partial<DraftStep> = {},
): DraftStep {
  return {
    key,
    name: "",
    type,
    delay_days: 0,
    delay_hours: 0,
    delay_minutes: 0,
    config,
    metadata: {},
    ...more,
  };
}

export function draftOf(...steps: readonly DraftStep[]): Draft {
  return steps.map((one) => ({ uid: one.key, step: one }));
}

/** A condition whose one branch leads there, and else there. */
export function fork(key: string, then: unknown, otherwise: unknown = { continue: true }): DraftStep {
  return step(key, "condition", { branches: [{ if: "opened", then }], else: otherwise });
}

/** The keys in order. */
export function keysOf(draft: Draft): string {
  return draft.map((item) => item.step.key).join(" ");
}
