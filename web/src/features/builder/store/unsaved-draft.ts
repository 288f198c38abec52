import { sessionHasEnded } from "@/api/session";
import { isDirty } from "./saving";
import type { BuilderStore } from "./store";

/** The draft that was open when the session ended. It is kept in the memory of this page until somebody signs in
 * again; another user sees it only if they may read the sequence. */
let kept: { sequenceId: string; store: BuilderStore } | null = null;

export function keptStore(sequenceId: string): BuilderStore | null {
  return kept?.sequenceId === sequenceId ? kept.store : null;
}

/** To be called when a builder opens. The returned function is to be called when it closes. */
export function keepWhenSessionEnds(sequenceId: string, store: BuilderStore): () => void {
  kept = null;
  return () => {
    if (sessionHasEnded() && isDirty(store.getState())) kept = { sequenceId, store };
  };
}
