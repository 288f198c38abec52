import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { BatchResponse } from "@/api/schema";
import { kindOf, standingOf } from "@/features/batches/batch-kinds";
import { batchesQuery } from "@/features/batches/queries";
import { count } from "@/lib/format";
import { StatusBadge } from "@/ui/data/badge";
import { Progress } from "@/ui/data/stat";
import { Table } from "@/ui/data/table";
import { Time } from "@/ui/data/time";
import { Section } from "@/ui/page/page";
import { Loaded, Loading } from "@/ui/page/states";
import styles from "../enroll.module.css";

/** The latest batches of this sequence. */
export function RecentBatches({ sequenceId, shown }: { sequenceId: string; shown?: string }) {
  const batches = useQuery(batchesQuery(sequenceId));
  return (
    <Section title="Recent batches">
      <Loaded query={batches} loading={<Loading rows={3} />}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="muted">No batch yet. When leads are enrolled, the progress appears here.</p>
          ) : (
            <Table label="Recent batches" className={styles.leads}>
              <thead>
                <tr>
                  <th>What</th>
                  <th>Status</th>
                  <th className="numeric">Leads</th>
                  <th className="numeric">Skipped</th>
                  <th className={styles.wide}>Started</th>
                </tr>
              </thead>
              <tbody>
                {items.map((batch) => (
                  <Row key={batch.id} batch={batch} sequenceId={sequenceId} current={batch.id === shown} />
                ))}
              </tbody>
            </Table>
          )
        }
      </Loaded>
    </Section>
  );
}

function Row({ batch, sequenceId, current }: { batch: BatchResponse; sequenceId: string; current: boolean }) {
  const skipped = Object.values(batch.skipped).reduce((sum, number) => sum + number, 0);
  return (
    <tr data-chosen={current}>
      <td className={styles.lead}>
        <Link
          to="/app/sequences/$sequenceId/enroll"
          params={{ sequenceId }}
          search={{ batch: batch.id }}
          aria-current={current || undefined}
        >
          {kindOf(batch).one}
        </Link>
      </td>
      <td>
        {batch.done ? (
          <StatusBadge status={standingOf(batch)} />
        ) : (
          <Progress label={`Progress of ${kindOf(batch).one.toLowerCase()}`} value={batch.progress} />
        )}
      </td>
      <td className="numeric">{count(batch.accepted)}</td>
      <td className="numeric">
        <span className={skipped === 0 ? "muted" : undefined}>{count(skipped)}</span>
      </td>
      <td className={`${styles.wide} muted`}>
        <Time at={batch.created_at} />
      </td>
    </tr>
  );
}
