import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { UserPlus } from "lucide-react";
import type { BatchResponse } from "@/api/schema";
import { enrolls, kindOf, standingOf } from "@/features/batches/batch-kinds";
import { batchQuery, skippedQuery } from "@/features/batches/queries";
import { count, plural } from "@/lib/format";
import { StatusBadge } from "@/ui/data/badge";
import { More } from "@/ui/data/more";
import { Progress, Stat, Stats } from "@/ui/data/stat";
import { Time } from "@/ui/data/time";
import { Button, buttonClass } from "@/ui/inputs/button";
import { Card, Section } from "@/ui/page/page";
import { Failed, Loaded } from "@/ui/page/states";
import { NamedLeads } from "../dry-run/named-leads";
import { SkipReasons } from "../dry-run/skip-reasons";
import styles from "../enroll.module.css";

/** The progress of one batch until it is done. */
export function BatchPanel({ batchId, onClose }: { batchId: string; onClose: () => void }) {
  const batch = useQuery(batchQuery(batchId));
  return (
    <Loaded query={batch}>
      {(found) => (
        <Section
          title={found.done ? kindOf(found).one : `${kindOf(found).doing}…`}
          actions={
            <>
              <Link to="/app/leads" className={buttonClass()}>
                Leads
              </Link>
              <Button look="primary" onClick={onClose}>
                <UserPlus /> Enroll more
              </Button>
            </>
          }
        >
          <Card className={styles.progress}>
            <div className={styles.progressHead} role="status">
              <StatusBadge status={standingOf(found)} />
              <span>{sayOf(found)}</span>
              <span className="numeric">{Math.floor(found.progress * 100)}%</span>
            </div>
            <Progress label="Batch progress" value={found.progress} />
          </Card>
          {found.error && <Failed error={new Error(found.error)} />}
          <Figures batch={found} />
          {skippedOf(found) > 0 && <Skipped batch={found} />}
        </Section>
      )}
    </Loaded>
  );
}

function Figures({ batch }: { batch: BatchResponse }) {
  const by = batch.forecast?.first_email_by;
  return (
    <Stats>
      <Stat label="Leads" value={count(batch.total)} note={`${count(batch.processed)} processed`} />
      <Stat
        label={enrolls(batch) ? "Enrolled" : "Reached"}
        value={count(batch.accepted)}
        note={`${count(batch.started)} started`}
      />
      <Stat label="Skipped" value={count(skippedOf(batch))} />
      {enrolls(batch) && (
        <Stat
          label="First email to all by"
          value={by ? <Time at={by} /> : "–"}
          note={by ? <Time at={by} exact /> : "None is left to send, or the time is not known"}
        />
      )}
    </Stats>
  );
}

function Skipped({ batch }: { batch: BatchResponse }) {
  const skipped = useInfiniteQuery(skippedQuery(batch.id));
  return (
    <>
      <h3>{plural(skippedOf(batch), "lead")} skipped</h3>
      <SkipReasons counts={batch.skipped} />
      <Loaded query={skipped}>
        {({ pages }) => (
          <>
            <NamedLeads label="Skipped leads" leads={pages.flatMap((page) => page.items)} />
            <More pages={skipped} />
          </>
        )}
      </Loaded>
    </>
  );
}

function skippedOf({ skipped }: BatchResponse): number {
  return Object.values(skipped).reduce((sum, number) => sum + number, 0);
}

function sayOf(batch: BatchResponse): string {
  const { done } = kindOf(batch);
  if (batch.status === "superseded") return "A later command has replaced it.";
  if (batch.status === "failed") return `It ended early: ${plural(batch.accepted, "lead")} ${done}.`;
  if (batch.done) return `${plural(batch.accepted, "lead")} ${done}.`;
  return `${plural(batch.accepted, "lead")} ${done} so far.`;
}
