import { useEffect, useState } from "react";
import { Time } from "@/ui/data/time";
import styles from "./analytics.module.css";

/** When the figures were counted. Those of large sequences are counted every few minutes, all others at each
 * request. */
export function AsOf({ at }: { at: string }) {
  useEverySecond();
  const counted = Date.now() - Date.parse(at) > 60_000;
  return (
    <p className={styles.asOf}>
      {!counted && <span className={styles.pulse} aria-hidden="true" />}
      <span>
        {counted ? "Counted" : "Live, as of"} <Time at={at} />
      </span>
    </p>
  );
}

function useEverySecond(): void {
  const [, setTick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setTick((tick) => tick + 1), 1_000);
    return () => clearInterval(timer);
  }, []);
}
