import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { api, call } from "@/api/client";
import type { PublicationResponse } from "@/api/schema";
import { count, plural, words } from "@/lib/format";
import { Badge, type Tone } from "@/ui/data/badge";
import { Button } from "@/ui/inputs/button";
import { Dialog } from "@/ui/overlays/dialog";
import { Loaded, Loading } from "@/ui/page/states";
import { titleOf, withKey } from "../draft/draft";
import { useBuilder, useDraft } from "../store/builder-context";
import styles from "./publish-dialog.module.css";

/** Shows what publishing would do to the leads in the sequence, before it is done. */
export function PublishDialog({
  open,
  onOpenChange,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}) {
  const { sequence } = useBuilder();
  const queries = useQueryClient();
  const publish = (dry_run: boolean) =>
    call(
      api.POST("/sequences/{sequence_id}/publish", {
        params: { path: { sequence_id: sequence.id }, query: { dry_run } },
      }),
    );
  const rehearsal = useQuery({
    queryKey: ["sequences", sequence.id, "publication"],
    queryFn: () => publish(true),
    enabled: open,
    gcTime: 0,
  });
  const publishing = useMutation({
    mutationFn: () => publish(false),
    onSuccess: (done) => {
      onOpenChange(false);
      const moving = done.batch_id === null ? "" : ` ${plural(done.leads.total, "lead")} are being moved.`;
      toast.success(`Published as version ${done.version}.${moving}`);
      return queries.invalidateQueries({ queryKey: ["sequences"] });
    },
  });
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={rehearsal.data ? `Publish version ${rehearsal.data.version}?` : "Publish?"}
      description="Enrolled leads move to the new version. Nothing that was sent is sent again."
      footer={
        <>
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button
            look="primary"
            busy={publishing.isPending}
            disabled={!rehearsal.data}
            onClick={() => publishing.mutate()}
          >
            Publish
          </Button>
        </>
      }
    >
      <Loaded query={rehearsal} loading={<Loading rows={3} />}>
        {(told) => (
          <>
            <Changes told={told} />
            <Leads told={told} pinned={sequence.settings.versioning === "pin"} />
          </>
        )}
      </Loaded>
    </Dialog>
  );
}

const TONES: Record<PublicationResponse["changes"][number]["change"], Tone> = {
  added: "green",
  changed: "blue",
  reordered: "violet",
  removed: "red",
};

function Changes({ told }: { told: PublicationResponse }) {
  const steps = useDraft((state) => state.steps);
  return (
    <section className={styles.part}>
      <h3>Steps</h3>
      {told.changes.length === 0 ? (
        <p className="muted">No step has changed, only the name or the settings.</p>
      ) : (
        <ul className={styles.changes}>
          {told.changes.map(({ key, change }) => {
            const item = withKey(steps, key);
            return (
              <li key={key + change}>
                <span>{item ? titleOf(item.step) : words(key)}</span>
                <Badge tone={TONES[change]}>{change}</Badge>
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}

function Leads({ told: { leads }, pinned }: { told: PublicationResponse; pinned: boolean }) {
  const rows: readonly [string, number][] = [
    ["not affected", leads.unchanged],
    ["wait less than before", leads.wait_less],
    ["wait longer than before", leads.wait_more],
    ["move on, because their step was removed", leads.moved],
    ["complete, because no step is left", leads.completed],
  ];
  return (
    <section className={styles.part}>
      <h3>Enrolled leads</h3>
      {leads.total === 0 ? (
        <p className="muted">
          {pinned ? "They stay on the version that they started with." : "No lead is affected."}
        </p>
      ) : (
        <dl className={`${styles.leads} numeric`}>
          {rows
            .filter(([, number]) => number > 0)
            .map(([what, number]) => (
              <div key={what}>
                <dt>{what}</dt>
                <dd>{count(number)}</dd>
              </div>
            ))}
        </dl>
      )}
    </section>
  );
}
