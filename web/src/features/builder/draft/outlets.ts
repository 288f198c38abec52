import { kindOf } from "../kinds";
import { CONTINUE, NEXT, type Outcome, type Outlet, type OutletName } from "../model/outcome";
import type { DraftStep } from "../model/step";

/** Where the ways out of a step lead, read from its config and written back into it. */

/** The ways out of a step. Labels call other steps by their names if `steps` holds them, else by their keys. */
export function outlets(step: DraftStep, steps: readonly DraftStep[] = []): readonly Outlet[] {
  const branching = kindOf(step.type).branching;
  return branching?.outlets(step.config, steps) ?? [{ name: NEXT, label: "", outcome: CONTINUE }];
}

export function branches(step: DraftStep): boolean {
  return kindOf(step.type).branching !== undefined;
}

/** Whether some way out leads to the step below. */
export function fallsThrough(step: DraftStep): boolean {
  return outlets(step).some((outlet) => "continue" in outlet.outcome);
}

/** The step with that way out leading elsewhere. A step that does not branch stays as it is. */
export function withOutcome(step: DraftStep, name: OutletName, outcome: Outcome): DraftStep {
  const branching = kindOf(step.type).branching;
  return branching ? { ...step, config: branching.withOutcome(step.config, name, outcome) } : step;
}
