import { useQuery } from "@tanstack/react-query";
import { Clock, Hand, Zap } from "lucide-react";
import { useEffect, useState } from "react";
import type { EnrollmentStateResponse, ExplanationResponse } from "@/api/schema";
import { Time } from "@/ui/data/time";
import { Failed, Loading } from "@/ui/page/states";
import { explainQuery } from "../queries";
import styles from "./enrollment-card.module.css";
import { clockAhead, countdown, type Why, whyOf } from "./reasons";

const SIGNS: Record<Why["ends"], typeof Clock> = { time: Clock, person: Hand, engine: Zap, over: Clock };

/** Says why nothing is being sent, and until when. */
export function WhyNothing({ enrollment }: { enrollment: EnrollmentStateResponse }) {
  const explain = useQuery(explainQuery(enrollment.lead_id, enrollment.id));
  if (explain.data === undefined) {
    return explain.error ? <Failed error={explain.error} /> : <Loading rows={1} />;
  }
  const { reason, also, next_eligible_at: next } = explain.data;
  const why = whyOf(reason);
  const Sign = SIGNS[why.ends];
  return (
    <div className={styles.why} data-ends={why.ends}>
      <Sign aria-hidden="true" />
      <div className={styles.words}>
        <span className={styles.question}>Why is nothing being sent?</span>
        <span className={styles.reason}>{why.title}</span>
        <span>{why.text}</span>
        {also.length > 0 && (
          <span className={styles.also}>
            And then: {also.map((other) => whyOf(other).title.replace(/^./, lower)).join("; ")}
          </span>
        )}
      </div>
      {next && <Next at={next} explanation={explain.data} heardAt={explain.dataUpdatedAt} />}
    </div>
  );
}

function Next({
  at,
  explanation,
  heardAt,
}: {
  at: string;
  explanation: ExplanationResponse;
  heardAt: number;
}) {
  const now = useNow() + clockAhead(explanation, heardAt);
  const left = countdown(at, now);
  return (
    <div className={styles.next}>
      <span>Next possible</span>
      {/* Not announced every second: the time itself stands below. */}
      <span className={`${styles.left} numeric`} role="timer" aria-live="off">
        {left ?? "now"}
      </span>
      <Time at={at} exact />
    </div>
  );
}

function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

function lower(letter: string): string {
  return letter.toLowerCase();
}
