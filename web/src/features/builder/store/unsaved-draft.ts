import { sessionHasEnded } from "@/api/session";
import { isDirty } from "./saving";
import type { BuilderStore } from "./store";

/** What was being written when the session ended in the middle of it. It waits here, in this page's memory, until its
 * author has signed in again; whoever signs in instead must be able to read that sequence to see it. */
let kept: { sequenceId: string; store: BuilderStore } | null = null;

export function keptStore(sequenceId: string): BuilderStore | null {
  return kept?.sequenceId === sequenceId ? kept.store : null;
}

/** To be called when a builder is there, and what it answers when it goes. */
export function keepWhenSessionEnds(sequenceId: string, store: BuilderStore): () => void {
  kept = null;
  return () => {
    if (sessionHasEnded() && isDirty(store.getState())) kept = { sequenceId, store };
  };
}
