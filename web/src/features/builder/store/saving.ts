import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { toast } from "sonner";
import { api, call } from "@/api/client";
import { hasCode, messageOf } from "@/api/problem";
import type { SequenceStepsResponse } from "@/api/schema";
import { sameDraft, sameSteps, toApi } from "../draft/api-steps";
import type { BuilderState, BuilderStore } from "./store";

/** Saves the draft when the user asks for it, and never by itself: a draft may be half done, and saving an active
 * sequence shows everybody edits that wait to be published. */
export interface Saving {
  /** Resolves to true when the server has the steps that are on the screen. */
  save: () => Promise<boolean>;
  busy: boolean;
  /** The steps that somebody else has saved, if they kept this save from succeeding. */
  conflict: SequenceStepsResponse | null;
  takeTheirs: () => void;
  overwrite: () => Promise<boolean>;
  decideLater: () => void;
}

export function isDirty(state: BuilderState): boolean {
  return !sameDraft(state.steps, state.saved);
}

export function useSaving(sequenceId: string, store: BuilderStore): Saving {
  const [conflict, setConflict] = useState<SequenceStepsResponse | null>(null);
  const queries = useQueryClient();
  const path = { sequence_id: sequenceId };
  const saving = useMutation({
    mutationFn: async () => {
      const { steps, ids, revision, keep } = store.getState();
      const body = { steps_revision: revision, steps: toApi(steps, ids) };
      keep(steps, await call(api.PUT("/sequences/{sequence_id}/steps", { params: { path }, body })));
      await queries.invalidateQueries({ queryKey: ["sequences"] });
    },
    meta: { quiet: true },
  });

  async function save(): Promise<boolean> {
    if (!isDirty(store.getState())) return true;
    try {
      await saving.mutateAsync();
      return true;
    } catch (error) {
      if (!hasCode(error, "sequence_changed")) {
        toast.error(messageOf(error));
        return false;
      }
      return settle();
    }
  }

  /** The server's steps have changed since they were loaded. If they equal the draft (the answer to an earlier save
   * was lost, or another tab saved it), there is no conflict. */
  async function settle(): Promise<boolean> {
    try {
      const theirs = await readSteps(sequenceId);
      const { steps, keep } = store.getState();
      if (!sameSteps(steps, theirs.items)) {
        setConflict(theirs);
        return false;
      }
      keep(steps, theirs);
      return true;
    } catch (error) {
      toast.error(messageOf(error));
      return false;
    }
  }

  return {
    save,
    busy: saving.isPending,
    conflict,
    takeTheirs: () => {
      if (conflict) store.getState().load(conflict);
      setConflict(null);
    },
    overwrite: () => {
      if (conflict) store.getState().overwrite(conflict.steps_revision);
      setConflict(null);
      return save();
    },
    decideLater: () => setConflict(null),
  };
}

export function readSteps(sequenceId: string): Promise<SequenceStepsResponse> {
  return call(api.GET("/sequences/{sequence_id}/steps", { params: { path: { sequence_id: sequenceId } } }));
}
