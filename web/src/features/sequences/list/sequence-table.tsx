import { useCallback, useEffect, useRef } from "react";
import type { SequenceResponse } from "@/api/schema";
import { Table } from "@/ui/data/table";
import { Button } from "@/ui/inputs/button";
import { SequenceRow } from "./sequence-row";
import styles from "./sequence-table.module.css";
import { useRowActions } from "./use-row-actions";

export function SequenceTable({
  sequences,
  more,
  loading,
  onMore,
}: {
  sequences: readonly SequenceResponse[];
  more: boolean;
  loading: boolean;
  onMore: () => void;
}) {
  const { act, dialogs } = useRowActions();
  return (
    <div className={styles.list}>
      <Table label="Sequences" className={styles.table}>
        <thead>
          <tr>
            <th>Name</th>
            <th className={styles.wide}>Status</th>
            <th className="numeric">Enrolled</th>
            <th className="numeric">Active</th>
            <th className={`numeric ${styles.wide}`}>Completed</th>
            <th className="numeric">Replies</th>
            <th className={`numeric ${styles.wide}`}>Steps</th>
            <th className={styles.wide}>Updated</th>
            <th>
              <span className="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {sequences.map((sequence) => (
            <SequenceRow key={sequence.id} sequence={sequence} act={act} />
          ))}
        </tbody>
      </Table>
      {more && <MoreRows loading={loading} onMore={onMore} />}
      {dialogs}
    </div>
  );
}

/** Loads the next page when it comes into sight. It is a button for users of the keyboard. */
function MoreRows({ loading, onMore }: { loading: boolean; onMore: () => void }) {
  const end = useRef<HTMLDivElement>(null);
  const load = useCallback(() => {
    if (!loading) onMore();
  }, [loading, onMore]);
  useEffect(() => {
    if (end.current === null) return;
    // The observer may report several moments at once: one of them is enough.
    const seen = new IntersectionObserver((moments) => moments.some((one) => one.isIntersecting) && load());
    seen.observe(end.current);
    return () => seen.disconnect();
  }, [load]);
  return (
    <div ref={end} className={styles.more}>
      <Button size="sm" busy={loading} onClick={load}>
        {loading ? "Loading more…" : "Load more"}
      </Button>
    </div>
  );
}
