import type { SequenceResponse, SequenceStepResponse } from "@/api/schema";
import { edgesOf, unreachable } from "../draft/graph";
import { placesOf } from "../draft/layout";
import type { DraftStep } from "../model/step";
import type { Builder } from "./builder-context";
import { createBuilderStore } from "./store";

/** An open builder for tests. The IDs of the steps are their keys. */
export function builderWith(steps: readonly DraftStep[], sequence: Partial<SequenceResponse> = {}): Builder {
  const items = steps.map((one, index) => ({
    ...one,
    id: one.key,
    sequence_id: "s",
    position: index + 1,
    created_at: "2026-11-27T10:00:00Z",
    updated_at: "2026-11-27T10:00:00Z",
  })) as SequenceStepResponse[];
  const store = createBuilderStore({ steps_revision: 1, next_cursor: null, items });
  const draft = store.getState().steps;
  const edges = edgesOf(draft);
  return {
    sequence: { id: "s", name: "Outreach", status: "active", settings: {}, ...sequence } as SequenceResponse,
    store,
    steps,
    edges,
    places: placesOf(draft, false),
    lost: unreachable(draft, edges),
    problems: { byStep: new Map(), general: [], count: 0 },
    counts: new Map(),
    frozen: false,
  };
}
