import type { FieldProblem } from "@/api/problem";
import type { StepProblem } from "../model/step";
import type { Draft } from "./draft";

/** The problems that keep the draft from running, as the server reports them. */
export interface Problems {
  byStep: ReadonlyMap<string, readonly StepProblem[]>;
  /** Problems of the whole sequence: its settings, the tenant's postal address. */
  general: readonly FieldProblem[];
  count: number;
}

/** Assigns each problem to its step: `steps[2].config.subject` to the third step as `config.subject`. */
export function problemsOf(steps: Draft, found: readonly FieldProblem[]): Problems {
  const byStep = new Map<string, StepProblem[]>();
  const general: FieldProblem[] = [];
  for (const problem of found) {
    const [, place, field = ""] = /^steps\[(\d+)\]\.?(.*)$/.exec(problem.field) ?? [];
    const uid = place === undefined ? undefined : steps[Number(place)]?.uid;
    if (uid === undefined) general.push(problem);
    else byStep.set(uid, [...(byStep.get(uid) ?? []), { ...problem, field }]);
  }
  return { byStep, general, count: found.length };
}
