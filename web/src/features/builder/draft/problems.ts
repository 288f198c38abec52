import type { FieldProblem } from "@/api/problem";
import type { StepProblem } from "../model/step";
import type { Draft } from "./draft";

/** What keeps the draft from running, as the server says. */
export interface Problems {
  byStep: ReadonlyMap<string, readonly StepProblem[]>;
  /** What is wrong with the whole: its settings, the tenant's postal address. */
  general: readonly FieldProblem[];
  count: number;
}

/** `steps[2].config.subject` at the step that stands there, as `config.subject`. */
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
