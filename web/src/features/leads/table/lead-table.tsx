import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef } from "react";
import type { LeadResponse } from "@/api/schema";
import { LeadRow } from "./lead-row";
import styles from "./lead-table.module.css";

const ROW_PX = 52;
const AHEAD = 40;

interface LeadTableProps {
  rows: readonly LeadResponse[];
  more: boolean;
  loadingMore: boolean;
  onMore: () => unknown;
  /** The rows are still the answer to the previous filters. */
  stale: boolean;
  selected: ReadonlySet<string>;
  onSelect: (change: (selected: ReadonlySet<string>) => ReadonlySet<string>) => void;
  /** The filters of these rows. Other filters scroll to the top. */
  question: string;
}

/** Only the rows in sight are in the document, so that a hundred thousand scroll like ten. It is still a real table,
 * with a spacer above and below, and each row has its index. */
export function LeadTable(props: LeadTableProps) {
  const { rows, more, loadingMore, onMore, stale, selected, onSelect, question } = props;
  const frame = useRef<HTMLElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
    getItemKey: (index) => rows[index]?.id ?? index,
  });
  const items = virtual.getVirtualItems();
  const first = items[0];
  const last = items.at(-1);

  const lastIndex = last?.index ?? 0;
  useEffect(() => {
    if (more && !loadingMore && lastIndex >= rows.length - AHEAD) onMore();
  }, [more, loadingMore, lastIndex, rows.length, onMore]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: it is the change of the question, and of its answer, that counts
  useEffect(() => {
    frame.current?.scrollTo({ top: 0 });
  }, [question, stale]);

  const toggle = useCallback(
    (id: string) =>
      onSelect((before) => {
        const next = new Set(before);
        if (!next.delete(id)) next.add(id);
        return next;
      }),
    [onSelect],
  );
  const all = useMemo(() => rows.length > 0 && rows.every((lead) => selected.has(lead.id)), [rows, selected]);

  // Keys that repeat come faster than rows are drawn: the next move starts where the last one leads.
  const heading = useRef<number | null>(null);
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const row = (event.target as HTMLElement).closest<HTMLElement>("tr[data-index]");
    if (step === undefined || row === null) return;
    event.preventDefault();
    const index = (heading.current ?? Number(row.dataset.index)) + step;
    if (index < 0 || index >= rows.length) return;
    const drawing = heading.current !== null;
    heading.current = index;
    virtual.scrollToIndex(index);
    if (drawing) return;
    requestAnimationFrame(() => {
      const there = `tr[data-index="${heading.current}"] a`;
      heading.current = null;
      frame.current?.querySelector<HTMLElement>(there)?.focus({ preventScroll: true });
    });
  };

  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a frame that scrolls must be reachable by keyboard
    <section ref={frame} className={styles.frame} aria-label="Leads" tabIndex={0} data-stale={stale}>
      <table
        className={styles.table}
        aria-rowcount={more ? -1 : rows.length + 1}
        aria-busy={stale || loadingMore}
        onKeyDown={onKeyDown}
      >
        <caption className="visually-hidden">Leads, newest first</caption>
        <colgroup>
          <col className={styles.colPick} />
          <col className={styles.colLead} />
          <col className={styles.colCompany} />
          <col className={styles.colStatus} />
          <col className={styles.colTags} />
          <col className={styles.colZone} />
          <col className={styles.colTime} />
          <col className={styles.colTime} />
        </colgroup>
        <thead>
          <tr aria-rowindex={1}>
            <th scope="col" className={styles.pick}>
              <input
                type="checkbox"
                aria-label="Select all that are loaded"
                checked={all}
                ref={(box) => {
                  if (box) box.indeterminate = selected.size > 0 && !all;
                }}
                onChange={() => onSelect(() => new Set(all ? [] : rows.map((lead) => lead.id)))}
              />
            </th>
            <th scope="col">Lead</th>
            <th scope="col" className={styles.company}>
              Company
            </th>
            <th scope="col">Status</th>
            <th scope="col" className={styles.tags}>
              Tags
            </th>
            <th scope="col" className={styles.zone}>
              Time zone
            </th>
            <th scope="col" className={styles.time}>
              Created
            </th>
            <th scope="col" className={styles.updated}>
              Updated
            </th>
          </tr>
        </thead>
        <Spacer px={first?.start ?? 0} />
        <tbody>
          {items.map((item) => {
            const lead = rows[item.index];
            return (
              lead && (
                <LeadRow
                  key={item.key}
                  lead={lead}
                  index={item.index}
                  selected={selected.has(lead.id)}
                  onToggle={toggle}
                />
              )
            );
          })}
        </tbody>
        <Spacer px={last ? virtual.getTotalSize() - last.end : 0} />
      </table>
      {loadingMore && (
        <p className={styles.more} role="status">
          Loading more leads…
        </p>
      )}
    </section>
  );
}

function Spacer({ px }: { px: number }) {
  return px > 0 ? (
    <tbody aria-hidden="true" className={styles.spacer}>
      <tr>
        <td colSpan={8} style={{ height: px }} />
      </tr>
    </tbody>
  ) : null;
}
