import type { ReactNode } from "react";
import styles from "./stat.module.css";

/** A figure with its name, and a smaller note below. */
export function Stat({ label, value, note }: { label: string; value: ReactNode; note?: ReactNode }) {
  return (
    <div className={styles.stat}>
      <dt>{label}</dt>
      <dd className={`${styles.value} numeric`}>{value}</dd>
      {note && <dd className={styles.note}>{note}</dd>}
    </div>
  );
}

export function Stats({ children }: { children: ReactNode }) {
  return <dl className={styles.stats}>{children}</dl>;
}

/** A progress bar; `value` is between 0 and 1. */
export function Progress({ label, value }: { label: string; value: number }) {
  return <progress className={styles.progress} aria-label={label} value={value} max={1} />;
}
