import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { toast } from "sonner";
import { api, call, once } from "@/api/client";
import { messageOf } from "@/api/problem";
import type { EnrollLeadsResponse } from "@/api/schema";
import { plural } from "@/lib/format";
import { Time } from "@/ui/data/time";
import { Button } from "@/ui/inputs/button";
import { SelectField } from "@/ui/inputs/field";
import { Dialog } from "@/ui/overlays/dialog";
import { Failed, Loading } from "@/ui/page/states";
import { activeSequencesQuery } from "../queries";
import styles from "./enroll-dialog.module.css";
import { bySkipCode } from "./skip-reasons";

const MOST = 10_000;

/** Enrolls leads in a sequence, after a dry run that shows what would happen to each. */
export function EnrollDialog({
  leadIds,
  onClose,
  onEnrolled,
}: {
  leadIds: readonly string[];
  onClose: () => void;
  onEnrolled: () => void;
}) {
  const client = useQueryClient();
  const [sequenceId, setSequenceId] = useState("");
  const [key] = useState(once);
  const sequences = useQuery(activeSequencesQuery);
  const tooMany = leadIds.length > MOST;
  const trial = useQuery({
    queryKey: ["enroll-trial", sequenceId, leadIds],
    queryFn: () => enroll(sequenceId, leadIds, true),
    enabled: sequenceId !== "" && !tooMany,
    staleTime: 0,
    gcTime: 0,
  });
  const start = useMutation({
    mutationFn: () => enroll(sequenceId, leadIds, false, key),
    meta: { quiet: true },
    onSuccess: (answer) => {
      const skipped = answer.skipped.length > 0 ? `, ${plural(answer.skipped.length, "lead")} skipped` : "";
      toast.success(`${plural(answer.enrolled.length, "lead")} enrolled${skipped}`);
      client.invalidateQueries({ queryKey: ["lead"] });
      client.invalidateQueries({ queryKey: ["sequences"] });
      onEnrolled();
      onClose();
    },
  });
  const ready = trial.data && !trial.isFetching ? trial.data.enrolled.length : 0;
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Enroll ${plural(leadIds.length, "lead")}`}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" busy={start.isPending} disabled={ready === 0} onClick={() => start.mutate()}>
            {ready > 0 ? `Enroll ${plural(ready, "lead")}` : "Enroll"}
          </Button>
        </>
      }
    >
      <SelectField
        label="Sequence"
        value={sequenceId}
        onChange={(event) => setSequenceId(event.target.value)}
        error={tooMany ? `At most ${MOST.toLocaleString("en")} leads at once: pick fewer.` : undefined}
        hint="Only active sequences take leads."
      >
        <option value="">Choose a sequence</option>
        {sequences.data?.items.map((sequence) => (
          <option key={sequence.id} value={sequence.id}>
            {sequence.name}
          </option>
        ))}
      </SelectField>
      {sequences.data?.items.length === 0 && <p className="muted">No sequence is active yet.</p>}
      {sequences.error && <Failed error={sequences.error} />}
      {sequenceId && trial.isFetching && <Loading rows={2} />}
      {trial.error && <Failed error={trial.error} retry={() => trial.refetch()} />}
      {trial.data && !trial.isFetching && <Trial answer={trial.data} />}
      {start.error && <p role="alert">{messageOf(start.error)}</p>}
    </Dialog>
  );
}

function Trial({ answer }: { answer: EnrollLeadsResponse }) {
  const by = answer.forecast?.first_email_by;
  return (
    <div className={styles.trial}>
      <p>
        <strong>{plural(answer.enrolled.length, "lead")}</strong> would be enrolled
        {answer.skipped.length > 0 && `, ${plural(answer.skipped.length, "lead")} skipped`}.
        {by && (
          <>
            {" "}
            All of them will have their first email by <Time at={by} exact />.
          </>
        )}
      </p>
      {answer.skipped.length > 0 && (
        <ul className={styles.skips}>
          {bySkipCode(answer.skipped).map((group) => (
            <li key={group.code}>
              <span>{group.why}</span>
              <span className="numeric">{group.number}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function enroll(
  sequenceId: string,
  leadIds: readonly string[],
  dryRun: boolean,
  key?: { "Idempotency-Key": string },
): Promise<EnrollLeadsResponse> {
  return call(
    api.POST("/leads/enroll-in-sequence", {
      ...(key ? { params: { header: key } } : {}),
      body: { sequence_id: sequenceId, lead_ids: [...leadIds], dry_run: dryRun },
    }),
  );
}
