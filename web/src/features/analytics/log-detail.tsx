import { absoluteTime, words } from "@/lib/format";
import styles from "./analytics.module.css";

/** What a row of the log says besides, whatever it is: names and values, as text. */
export function LogDetail({ detail }: { detail: Record<string, unknown> }) {
  const entries = Object.entries(detail).filter(([, value]) => value !== null && value !== "");
  if (entries.length === 0) return <span className="muted">–</span>;
  return (
    <dl className={styles.detail}>
      {entries.map(([name, value]) => (
        <div key={name}>
          <dt>{words(name)}</dt>
          <dd>{valueText(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

function valueText(value: unknown): string {
  if (typeof value === "string") return isMoment(value) ? absoluteTime(value) : value;
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return Object.entries(value)
      .map(([name, inner]) => `${name} ${typeof inner === "object" ? JSON.stringify(inner) : inner}`)
      .join(", ");
  }
  return Array.isArray(value) ? value.map(String).join(", ") : String(value);
}

function isMoment(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(text) && !Number.isNaN(Date.parse(text));
}
