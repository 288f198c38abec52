/** The chosen leads. `more`: more leads match than one request may name, and these are the newest of them. */
export interface Selection {
  ids: ReadonlySet<string>;
  more: boolean;
}

export const NOBODY: Selection = { ids: new Set(), more: false };

export function toggled({ ids }: Selection, leadIds: readonly string[], on: boolean): Selection {
  const next = new Set(ids);
  for (const id of leadIds) {
    if (on) next.add(id);
    else next.delete(id);
  }
  return { ids: next, more: false };
}

/** The state of the checkbox that selects all of these. */
export function stateOf({ ids }: Selection, leadIds: readonly string[]): "all" | "some" | "none" {
  const chosen = leadIds.filter((id) => ids.has(id)).length;
  if (chosen === 0) return "none";
  return chosen === leadIds.length ? "all" : "some";
}
