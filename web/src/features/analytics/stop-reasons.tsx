import { count, rate, words } from "@/lib/format";
import styles from "./analytics.module.css";
import { reasons } from "./export/exports";

export function StopReasons({ stopped }: { stopped: Record<string, number> }) {
  const rows = reasons(stopped);
  const total = rows.reduce((sum, [, leads]) => sum + leads, 0);
  if (total === 0) return <p className="muted">No enrollment has been stopped so far.</p>;
  return (
    <dl className={styles.reasons}>
      {rows.map(([reason, leads]) => (
        <div key={reason} className={styles.reasonRow}>
          <dt>{words(reason)}</dt>
          <dd className={styles.reasonBar} aria-hidden="true">
            <span style={{ inlineSize: `${(leads / total) * 100}%` }} />
          </dd>
          <dd className={`${styles.reasonCount} numeric`}>
            {count(leads)} <span className="muted">{rate(leads / total)}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}
