import { CircleAlert } from "lucide-react";
import { useState } from "react";
import type { SequenceResponse } from "@/api/schema";
import { useMove } from "@/features/sequences/change-status";
import { RefusedDialog } from "@/features/sequences/refused-dialog";
import { Button } from "@/ui/inputs/button";
import styles from "./enroll.module.css";

const WHY: Record<string, string> = {
  draft: "This sequence is a draft. Leads can be chosen here, and enrolled once it is active.",
  paused:
    "This sequence is paused: it takes no leads. When it is resumed, the leads that wait in it continue, too.",
  archived: "This sequence is archived and takes no leads any more. A duplicate of it can be activated.",
};

/** Says why nobody can be enrolled yet, and what to do about it. */
export function NotActive({ sequence }: { sequence: SequenceResponse }) {
  const [refused, setRefused] = useState(false);
  const move = useMove();
  return (
    <div className={styles.notice} role="status">
      <CircleAlert aria-hidden="true" />
      <p>{WHY[sequence.status]}</p>
      {sequence.status !== "archived" && (
        <Button
          busy={move.isPending}
          onClick={() => move.mutate({ sequence, status: "active" }, { onError: () => setRefused(true) })}
        >
          {sequence.status === "draft" ? "Activate" : "Resume"}
        </Button>
      )}
      {refused && <RefusedDialog sequence={sequence} error={move.error} onClose={() => setRefused(false)} />}
    </div>
  );
}
