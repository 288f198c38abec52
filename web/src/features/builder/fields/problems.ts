import type { StepProblem } from "../model/step";

/** Decides beside which field of the panel a problem is shown. */

export interface PlacedProblems {
  /** By the path of the field that shows them. */
  byField: ReadonlyMap<string, readonly StepProblem[]>;
  /** Problems that belong to no field. */
  rest: readonly StepProblem[];
}

/** Each problem goes to the nearest field: its own, or the one that contains it (`config.body.lines[0]` belongs to
 * `config.body`). */
export function placeProblems(problems: readonly StepProblem[], fields: readonly string[]): PlacedProblems {
  const byField = new Map<string, StepProblem[]>();
  const rest: StepProblem[] = [];
  for (const problem of problems) {
    const field = nearest(problem.field, fields);
    if (field === undefined) rest.push(problem);
    else byField.set(field, [...(byField.get(field) ?? []), problem]);
  }
  return { byField, rest };
}

function nearest(path: string, fields: readonly string[]): string | undefined {
  const around = fields.filter((field) => isInside(path, field));
  return around.sort((one, other) => other.length - one.length)[0];
}

export function isInside(path: string, field: string): boolean {
  return path === field || path.startsWith(`${field}.`) || path.startsWith(`${field}[`);
}
