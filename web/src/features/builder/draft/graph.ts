import type { Outcome, OutletName } from "../model/outcome";
import type { Draft } from "./draft";
import { outlets } from "./outlets";

/** The draft as a graph for the canvas: one edge for each way out of each step. It is derived from the steps;
 * `edits.ts` turns what is done to an edge into a change of the steps. */

export interface Edge {
  id: string;
  source: string;
  outlet: OutletName;
  label: string;
  outcome: Outcome;
  /** How many further ways out of the same step come after it. */
  below: number;
  /** The step it leads to. Null if the sequence completes or stops there, or if there is no such step. */
  target: string | null;
  end: "completed" | "stopped" | "missing" | null;
}

export function edgesOf(draft: Draft): readonly Edge[] {
  const steps = draft.map((item) => item.step);
  const byKey = new Map(draft.map((item) => [item.step.key, item.uid]));
  return draft.flatMap(({ uid, step }, index) =>
    outlets(step, steps).map((outlet, place, all) => {
      const next = draft[index + 1]?.uid ?? null;
      const { target, end } = destination(outlet.outcome, next, byKey);
      return {
        id: `${uid}/${outlet.name}`,
        source: uid,
        outlet: outlet.name,
        label: outlet.label,
        outcome: outlet.outcome,
        below: all.length - 1 - place,
        target,
        end,
      };
    }),
  );
}

/** The steps that no way leads to. */
export function unreachable(draft: Draft, edges: readonly Edge[]): ReadonlySet<string> {
  const open = draft[0] ? [draft[0].uid] : [];
  const reached = new Set<string>();
  for (let uid = open.pop(); uid !== undefined; uid = open.pop()) {
    if (reached.has(uid)) continue;
    reached.add(uid);
    for (const edge of edges) if (edge.source === uid && edge.target !== null) open.push(edge.target);
  }
  return new Set(draft.map((item) => item.uid).filter((uid) => !reached.has(uid)));
}

function destination(
  outcome: Outcome,
  next: string | null,
  byKey: ReadonlyMap<string, string>,
): Pick<Edge, "target" | "end"> {
  if ("stop" in outcome) return { target: null, end: "stopped" };
  if ("goto" in outcome) {
    const target = byKey.get(outcome.goto) ?? null;
    return { target, end: target === null ? "missing" : null };
  }
  return { target: next, end: next === null ? "completed" : null };
}
