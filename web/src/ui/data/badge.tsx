import type { ReactNode } from "react";
import styles from "./badge.module.css";

export type Tone = "grey" | "green" | "amber" | "red" | "blue" | "violet";

export function Badge({ tone = "grey", children }: { tone?: Tone; children: ReactNode }) {
  return <span className={`${styles.badge} ${styles[tone]}`}>{children}</span>;
}

/** The statuses of sequences, enrollments, leads, mailboxes and batches: one colour has one meaning everywhere. */
const TONES: Record<string, Tone> = {
  active: "green",
  running: "blue",
  pending: "grey",
  draft: "grey",
  paused: "amber",
  held: "amber",
  completed: "blue",
  done: "blue",
  qualified: "green",
  stopped: "violet",
  archived: "grey",
  failed: "red",
  bounced: "red",
  unsubscribed: "amber",
  unresponsive: "grey",
  new: "grey",
};

export function StatusBadge({ status }: { status: string }) {
  return (
    <Badge tone={TONES[status] ?? "grey"}>
      <span className={styles.dot} aria-hidden="true" />
      {status.replaceAll("_", " ")}
    </Badge>
  );
}
