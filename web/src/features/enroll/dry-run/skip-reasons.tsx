import { SKIPS } from "@/features/leads/enrollment/skip-reasons";
import { count, words } from "@/lib/format";
import styles from "../enroll.module.css";

/** The reasons with their counts. With `onChoose`, each filters the table below. */
export function SkipReasons({
  counts,
  chosen = null,
  onChoose,
}: {
  counts: Readonly<Record<string, number>>;
  chosen?: string | null;
  onChoose?: (code: string | null) => void;
}) {
  const reasons = Object.entries(counts).sort(([, one], [, other]) => other - one);
  if (reasons.length === 0) return null;
  return (
    <ul className={styles.reasons} aria-label="Why leads are skipped">
      {reasons.map(([code, number]) => {
        const said = (
          <>
            {whyOf(code)} <span className="numeric">{count(number)}</span>
          </>
        );
        return (
          <li key={code}>
            {onChoose && reasons.length > 1 ? (
              <button
                type="button"
                aria-pressed={code === chosen}
                onClick={() => onChoose(code === chosen ? null : code)}
              >
                {said}
              </button>
            ) : (
              <span>{said}</span>
            )}
          </li>
        );
      })}
    </ul>
  );
}

export function whyOf(code: string): string {
  return SKIPS[code] ?? words(code);
}
