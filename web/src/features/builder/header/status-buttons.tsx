import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Pause, Play, Upload } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { api, call } from "@/api/client";
import { Button } from "@/ui/inputs/button";
import { useBuilder, useDraft } from "../store/builder-context";
import { isDirty, type Saving } from "../store/saving";
import styles from "./header.module.css";
import { PublishDialog } from "./publish-dialog";

const SAID = { active: "Active: leads can be enrolled", paused: "Paused: all of its leads wait" };

/** Activates, pauses, resumes or publishes the sequence. Unsaved edits are saved first. */
export function StatusButtons({ saving }: { saving: Saving }) {
  const { sequence, problems } = useBuilder();
  const unsaved = useDraft(isDirty);
  const [publishing, setPublishing] = useState(false);
  const change = useStatus(sequence.id);
  const changing = (status: keyof typeof SAID) => change.isPending && change.variables === status;

  async function activate() {
    if (await saving.save()) change.mutate("active");
  }
  async function publish() {
    if (await saving.save()) setPublishing(true);
  }

  if (sequence.status === "draft") {
    return (
      <Button
        look="primary"
        busy={changing("active")}
        disabled={problems.count > 0}
        title={problems.count > 0 ? "Fix the problems first" : undefined}
        onClick={activate}
      >
        <Play /> Activate
      </Button>
    );
  }
  if (sequence.status === "archived") return null;
  return (
    <>
      {sequence.status === "active" ? (
        <Button busy={changing("paused")} aria-label="Pause" onClick={() => change.mutate("paused")}>
          <Pause />
          <span className={styles.word}>Pause</span>
        </Button>
      ) : (
        <Button busy={changing("active")} aria-label="Resume" onClick={() => change.mutate("active")}>
          <Play />
          <span className={styles.word}>Resume</span>
        </Button>
      )}
      {(sequence.unpublished || unsaved) && (
        <Button look="primary" disabled={problems.count > 0 || saving.busy} onClick={publish}>
          <Upload /> Publish…
        </Button>
      )}
      <PublishDialog open={publishing} onOpenChange={setPublishing} />
    </>
  );
}

function useStatus(sequenceId: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (status: keyof typeof SAID) =>
      call(
        api.PUT("/sequences/{sequence_id}", {
          params: { path: { sequence_id: sequenceId } },
          body: { status },
        }),
      ),
    onSuccess: (changed, status) => {
      queries.setQueryData(["sequences", sequenceId], changed);
      toast.success(SAID[status]);
      return queries.invalidateQueries({ queryKey: ["sequences"] });
    },
  });
}
