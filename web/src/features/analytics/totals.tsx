import type { AnalyticsResponse } from "@/api/schema";
import { count, rate } from "@/lib/format";
import { Stat, Stats } from "@/ui/data/stat";
import styles from "./analytics.module.css";

/** Totals since the sequence was made: where its enrollments are, and what happened to its emails. */
export function Totals({ analytics }: { analytics: AnalyticsResponse }) {
  const { totals, rates, machine_opens, machine_clicks } = analytics;
  const stopped = Object.values(totals.stopped).reduce((sum, one) => sum + one, 0);
  const ofEnrolled = (part: number) => `${rate(part / totals.enrolled)} of enrolled`;
  return (
    <div className={styles.totals}>
      <h3 className={styles.caption}>Leads</h3>
      <Stats>
        <Stat label="Enrolled" value={count(totals.enrolled)} note="since the start" />
        <Stat label="Active" value={count(totals.active)} note={ofEnrolled(totals.active)} />
        <Stat label="Paused" value={count(totals.paused)} note={ofEnrolled(totals.paused)} />
        <Stat label="Completed" value={count(totals.completed)} note={ofEnrolled(totals.completed)} />
        <Stat label="Stopped" value={count(stopped)} note={ofEnrolled(stopped)} />
        <Stat label="Failed" value={count(totals.failed)} note={ofEnrolled(totals.failed)} />
      </Stats>
      <h3 className={styles.caption}>Emails</h3>
      <Stats>
        <Stat label="Sent" value={count(totals.emails_sent)} note="since the start" />
        <Stat
          label="Opened by people"
          value={rate(rates.open)}
          note={`${count(totals.emails_opened)} · machines ${count(machine_opens)}`}
        />
        <Stat
          label="Clicked by people"
          value={rate(rates.click)}
          note={`${count(totals.emails_clicked)} · machines ${count(machine_clicks)}`}
        />
        <Stat label="Replied" value={rate(rates.reply)} note={count(totals.emails_replied)} />
        <Stat label="Bounced" value={rate(rates.bounce)} note={count(totals.emails_bounced)} />
        <Stat
          label="Unsubscribed"
          value={count(totals.emails_unsubscribed)}
          note={`${rate(share(totals.emails_unsubscribed, totals.emails_sent))} of sent`}
        />
      </Stats>
    </div>
  );
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
