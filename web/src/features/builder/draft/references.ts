import { kindOf } from "../kinds";
import type { DraftStep } from "../model/step";

/** Where steps name each other by their keys: where a branch leads, and whose email a condition is about. */

/** The steps that name this key. */
export function referencesTo(key: string, steps: readonly DraftStep[]): DraftStep[] {
  return steps.filter((step) => namesKey(step, key));
}

/** All steps, with every mention of a key replaced by the new one. */
export function withRenamedKey(steps: readonly DraftStep[], from: string, to: string): DraftStep[] {
  return steps.map((step) => {
    const branching = kindOf(step.type).branching;
    return branching && namesKey(step, from)
      ? { ...step, config: branching.withRenamedKey(step.config, from, to) }
      : step;
  });
}

function namesKey(step: DraftStep, key: string): boolean {
  return kindOf(step.type).branching?.keysIn(step.config).includes(key) ?? false;
}
