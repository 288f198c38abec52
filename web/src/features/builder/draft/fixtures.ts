import { step } from "../model/fixtures";
import type { DraftStep } from "../model/step";
import type { Draft } from "./draft";

/** A draft for tests. The `uid` of each step is its key, so that expectations can be read. */
export function draftOf(...steps: readonly DraftStep[]): Draft {
  return steps.map((one) => ({ uid: one.key, step: one }));
}

/** A condition with one branch. */
export function fork(key: string, then: unknown, otherwise: unknown = { continue: true }): DraftStep {
  return step(key, "condition", { branches: [{ if: "opened", then }], else: otherwise });
}

/** The keys in order, separated by blanks. */
export function keysOf(draft: Draft): string {
  return draft.map((item) => item.step.key).join(" ");
}
