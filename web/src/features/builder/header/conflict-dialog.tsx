import { Button } from "@/ui/inputs/button";
import { Dialog } from "@/ui/overlays/dialog";
import { differences, fromApi } from "../draft/api-steps";
import { useBuilder } from "../store/builder-context";
import type { Saving } from "../store/saving";
import styles from "./publish-dialog.module.css";

/** Somebody else has saved in the meantime: the user sees what differs and decides whose steps are kept. */
export function ConflictDialog({ saving }: { saving: Saving }) {
  const { store } = useBuilder();
  const { conflict } = saving;
  if (conflict === null) return null;
  const { saved, ids } = store.getState();
  const changed = differences(saved, fromApi(conflict.items, ids));
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && saving.decideLater()}
      title="Somebody else has changed this sequence"
      description="They saved after you opened it. Your changes are still here but not saved: load theirs, which discards yours, or overwrite theirs with yours."
      footer={
        <>
          <Button onClick={saving.decideLater}>Decide later</Button>
          <Button look="danger" onClick={saving.takeTheirs}>
            Load theirs
          </Button>
          <Button look="danger" onClick={() => void saving.overwrite()}>
            Overwrite theirs
          </Button>
        </>
      }
    >
      <p>{changed.length > 0 ? "They have changed:" : "They have changed the order of the steps."}</p>
      <ul className={styles.changes}>
        {[...new Set(changed)].map((name) => (
          <li key={name}>{name}</li>
        ))}
      </ul>
    </Dialog>
  );
}
