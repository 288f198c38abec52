import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useCallback, useRef, useState } from "react";
import { download } from "@/api/client";
import type { SequenceResponse } from "@/api/schema";
import { plural } from "@/lib/format";
import { save } from "@/lib/save-file";
import { Confirm } from "@/ui/overlays/dialog";
import { Failed } from "@/ui/page/states";
import { useDelete, useDuplicate, useHold, useMove } from "../change-status";
import { RefusedDialog } from "../refused-dialog";
import { SequenceSettingsDialog } from "../settings/settings-dialog";

export type Action =
  | "settings"
  | "activate"
  | "pause"
  | "resume"
  | "duplicate"
  | "export"
  | "archive"
  | "delete";

export type Act = (action: Action, sequence: SequenceResponse) => void;

type Dialog = { kind: "settings" | "archive" | "delete" | "refused"; sequence: SequenceResponse } | null;

/** The actions of the rows' menus, and the dialogs that some of them need. `act` is always the same function, so that
 * it causes no row to be drawn again. */
export function useRowActions(): { act: Act; dialogs: ReactNode } {
  const [dialog, setDialog] = useState<Dialog>(null);
  const hold = useHold();
  const move = useMove();
  const remove = useDelete();
  const duplicate = useDuplicate();
  const exporting = useMutation({ mutationFn: exportYaml });
  const close = () => setDialog(null);

  const perform: Act = (action, sequence) => {
    if (action === "pause") hold.mutate({ sequence, status: "paused" });
    else if (action === "resume") hold.mutate({ sequence, status: "active" });
    else if (action === "duplicate") duplicate.mutate(sequence);
    else if (action === "export") exporting.mutate(sequence);
    else if (action === "activate") {
      const refused = () => setDialog({ kind: "refused", sequence });
      move.mutate({ sequence, status: "active" }, { onError: refused });
    } else {
      move.reset();
      remove.reset();
      setDialog({ kind: action, sequence });
    }
  };
  const latest = useRef(perform);
  latest.current = perform;
  const act = useCallback<Act>((action, sequence) => latest.current(action, sequence), []);

  const sequence = dialog?.sequence;
  const dialogs = sequence && (
    <>
      {dialog.kind === "settings" && (
        <SequenceSettingsDialog sequence={sequence} open onOpenChange={(open) => !open && close()} />
      )}
      {dialog.kind === "refused" && <RefusedDialog sequence={sequence} error={move.error} onClose={close} />}
      {dialog.kind === "archive" && (
        <Confirm
          open
          onOpenChange={(open) => !open && close()}
          title={`Archive “${sequence.name}”?`}
          description={whatArchivingDoes(sequence)}
          confirm="Archive"
          busy={move.isPending}
          onConfirm={() => move.mutate({ sequence, status: "archived" }, { onSuccess: close })}
        >
          {move.error && <Failed error={move.error} />}
        </Confirm>
      )}
      {dialog.kind === "delete" && (
        <Confirm
          open
          onOpenChange={(open) => !open && close()}
          title={`Delete “${sequence.name}”?`}
          description={`The draft and its ${plural(sequence.steps_count, "step")} are deleted permanently.`}
          confirm="Delete draft"
          busy={remove.isPending}
          onConfirm={() => remove.mutate(sequence, { onSuccess: close })}
        >
          {remove.error && <Failed error={remove.error} />}
        </Confirm>
      )}
    </>
  );
  return { act, dialogs };
}

function whatArchivingDoes({ active_count: active }: SequenceResponse): string {
  const leads =
    active > 0 ? `${plural(active, "active lead")} and all paused ones are stopped permanently. ` : "";
  return `${leads}An archived sequence takes no leads and cannot be activated again. Its history and analytics stay.`;
}

async function exportYaml(sequence: SequenceResponse): Promise<void> {
  const file = await download(`/sequences/${sequence.id}/export?format=yaml`);
  save(`${fileName(sequence.name)}.yaml`, file);
}

function fileName(name: string): string {
  return (
    name
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, "-")
      .replaceAll(/^-|-$/g, "") || "sequence"
  );
}
