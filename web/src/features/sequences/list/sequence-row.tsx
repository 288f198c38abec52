import { Link } from "@tanstack/react-router";
import { Ellipsis } from "lucide-react";
import { memo } from "react";
import type { SequenceResponse } from "@/api/schema";
import { BatchChip } from "@/features/batches/batch-chip";
import { count, rate } from "@/lib/format";
import { Badge, StatusBadge } from "@/ui/data/badge";
import { Time } from "@/ui/data/time";
import { Button } from "@/ui/inputs/button";
import { Menu } from "@/ui/overlays/menu";
import { SequenceMenu } from "./sequence-menu";
import styles from "./sequence-table.module.css";
import type { Act } from "./use-row-actions";

/** Drawn again only when its sequence has changed: a list of hundreds refreshes every few seconds. */
export const SequenceRow = memo(function SequenceRow({
  sequence,
  act,
}: {
  sequence: SequenceResponse;
  act: Act;
}) {
  return (
    <tr>
      <td className={styles.name}>
        <Link to="/app/sequences/$sequenceId" params={{ sequenceId: sequence.id }} className={styles.open}>
          {sequence.name}
        </Link>
        {sequence.description && <p className={styles.description}>{sequence.description}</p>}
        <div className={styles.narrow}>
          <Standing sequence={sequence} />
        </div>
      </td>
      <td className={styles.wide}>
        <Standing sequence={sequence} />
      </td>
      <Figure value={sequence.enrolled_count} />
      <Figure value={sequence.active_count} />
      <Figure value={sequence.completed_count} wide />
      <td
        className="numeric"
        title={`${count(sequence.emails_replied)} of ${count(sequence.emails_sent)} emails`}
      >
        <span className={sequence.reply_rate ? undefined : "muted"}>{rate(sequence.reply_rate)}</span>
      </td>
      <Figure value={sequence.steps_count} wide />
      <td className={`${styles.wide} muted`}>
        <Time at={sequence.updated_at} />
      </td>
      <td className={styles.menu}>
        <Menu
          trigger={
            <Button look="quiet" size="sm" icon aria-label={`More for ${sequence.name}`}>
              <Ellipsis />
            </Button>
          }
        >
          <SequenceMenu sequence={sequence} act={act} />
        </Menu>
      </td>
    </tr>
  );
});

function Standing({ sequence }: { sequence: SequenceResponse }) {
  return (
    <span className={styles.standing}>
      <StatusBadge status={sequence.status} />
      {sequence.unpublished && sequence.status !== "archived" && (
        <Badge tone="amber">Unpublished edits</Badge>
      )}
      {sequence.batch_id && <BatchChip batchId={sequence.batch_id} />}
    </span>
  );
}

/** A zero is shown in a quiet colour. */
function Figure({ value, wide = false }: { value: number; wide?: boolean }) {
  return (
    <td className={`numeric ${wide ? styles.wide : ""}`}>
      <span className={value === 0 ? "muted" : undefined}>{count(value)}</span>
    </td>
  );
}
