import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Send, Trash2, X } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { messageOf } from "@/api/problem";
import { plural } from "@/lib/format";
import { Progress } from "@/ui/data/stat";
import { Button } from "@/ui/inputs/button";
import { Confirm } from "@/ui/overlays/dialog";
import { eraseLead } from "../change-lead";
import { EnrollDialog } from "../enrollment/enroll-dialog";
import styles from "./leads-page.module.css";

/** The actions for the selected leads. Shown only while there are any. */
export function SelectionBar({ selected, onClear }: { selected: ReadonlySet<string>; onClear: () => void }) {
  const [asked, setAsked] = useState<"enroll" | "delete" | null>(null);
  if (selected.size === 0) return null;
  return (
    <section className={styles.selection} aria-label="Selected leads">
      <span role="status">{plural(selected.size, "lead")} selected</span>
      <Button size="sm" look="primary" onClick={() => setAsked("enroll")}>
        <Send /> Enroll…
      </Button>
      <Button size="sm" look="danger" onClick={() => setAsked("delete")}>
        <Trash2 /> Delete…
      </Button>
      <Button size="sm" look="quiet" onClick={onClear}>
        <X /> Clear
      </Button>
      {asked === "enroll" && (
        <EnrollDialog leadIds={[...selected]} onClose={() => setAsked(null)} onEnrolled={onClear} />
      )}
      {asked === "delete" && (
        <EraseMany leadIds={[...selected]} onClose={() => setAsked(null)} onErased={onClear} />
      )}
    </section>
  );
}

function EraseMany({
  leadIds,
  onClose,
  onErased,
}: {
  leadIds: readonly string[];
  onClose: () => void;
  onErased: () => void;
}) {
  const client = useQueryClient();
  const [done, setDone] = useState(0);
  const erase = useMutation({
    // One after another: each first stops the lead's enrollments. If one fails, those before it stay erased.
    mutationFn: async () => {
      for (const id of leadIds) {
        await eraseLead(id);
        setDone((number) => number + 1);
      }
    },
    meta: { quiet: true },
    onSuccess: () => {
      toast.success(`${plural(leadIds.length, "lead")} erased`);
      onErased();
      onClose();
    },
    onSettled: () => client.resetQueries({ queryKey: ["leads"] }),
  });
  return (
    <Confirm
      open
      onOpenChange={(open) => !open && !erase.isPending && onClose()}
      title={`Erase ${plural(leadIds.length, "lead")}?`}
      description="Their enrollments are stopped, and they and their history are erased permanently. Suppressions of their addresses stay."
      confirm="Erase"
      busy={erase.isPending}
      onConfirm={() => {
        setDone(0);
        erase.mutate();
      }}
    >
      {erase.isPending && <Progress label="Erased" value={done / leadIds.length} />}
      {erase.error && (
        <p role="alert">
          {plural(done, "lead")} erased, then: {messageOf(erase.error)}
        </p>
      )}
    </Confirm>
  );
}
