import { useInfiniteQuery } from "@tanstack/react-query";
import {
  AlertTriangle,
  CheckCircle2,
  Clock,
  Eye,
  Flag,
  GitBranch,
  type LucideIcon,
  Mail,
  MailX,
  MousePointerClick,
  Pause,
  Play,
  Reply,
  Sparkles,
  Square,
  User,
} from "lucide-react";
import { memo, useMemo, useState } from "react";
import type { TimelineEntry } from "@/api/schema";
import { absoluteTime } from "@/lib/format";
import { Badge } from "@/ui/data/badge";
import { Button } from "@/ui/inputs/button";
import { Empty, Failed, Loading } from "@/ui/page/states";
import { timelineQuery } from "../queries";
import { byDay, timeOfDay } from "./days";
import { type Sign, sentenceOf } from "./sentences";
import styles from "./timeline.module.css";

const SIGNS: Record<Sign, LucideIcon> = {
  alert: AlertTriangle,
  bounce: MailX,
  branch: GitBranch,
  check: CheckCircle2,
  clock: Clock,
  cursor: MousePointerClick,
  eye: Eye,
  flag: Flag,
  mail: Mail,
  pause: Pause,
  play: Play,
  reply: Reply,
  spark: Sparkles,
  stop: Square,
  user: User,
};

/** What was done and what the lead did, newest first. New entries appear by themselves. */
export function Timeline({ leadId }: { leadId: string }) {
  const timeline = useInfiniteQuery(timelineQuery(leadId));
  const entries = useMemo(() => timeline.data?.pages.flatMap((page) => page.items) ?? [], [timeline.data]);
  const fresh = useFresh(entries);
  if (timeline.data === undefined) {
    return timeline.error ? (
      <Failed error={timeline.error} retry={() => timeline.refetch()} />
    ) : (
      <Loading rows={5} />
    );
  }
  return (
    <>
      {timeline.error !== null && <Failed error={timeline.error} />}
      {entries.length === 0 && (
        <Empty title="Nothing has happened yet">
          Emails to the lead and what the lead does appear here as they happen.
        </Empty>
      )}
      <div className={styles.days}>
        {byDay(entries).map((day) => (
          <section key={day.key} className={styles.day}>
            <h3>{day.title}</h3>
            <ol className={styles.entries}>
              {day.entries.map((entry) => (
                <Entry key={entry.id} entry={entry} fresh={fresh(entry.id)} />
              ))}
            </ol>
          </section>
        ))}
      </div>
      {timeline.hasNextPage && (
        <Button
          className={styles.older}
          busy={timeline.isFetchingNextPage}
          onClick={() => timeline.fetchNextPage()}
        >
          Show older
        </Button>
      )}
    </>
  );
}

const Entry = memo(function Entry({ entry, fresh }: { entry: TimelineEntry; fresh: boolean }) {
  const sentence = sentenceOf(entry);
  const Icon = SIGNS[sentence.sign];
  return (
    <li className={styles.entry} data-weight={sentence.weight} data-fresh={fresh}>
      <span className={styles.sign} data-tone={sentence.tone}>
        <Icon aria-hidden="true" />
      </span>
      <details className={styles.what}>
        <summary>
          <span className={styles.text}>{sentence.text}</span>
          {entry.detail.machine === true && <Badge>machine</Badge>}
          {entry.step_key && <code className={styles.step}>{entry.step_key}</code>}
          <time dateTime={entry.at} title={absoluteTime(entry.at)}>
            {timeOfDay(entry.at)}
          </time>
        </summary>
        <Detail entry={entry} />
      </details>
    </li>
  );
});

function Detail({ entry }: { entry: TimelineEntry }) {
  const rows = Object.entries(entry.detail);
  return (
    <dl className={styles.detail}>
      <div>
        <dt>event</dt>
        <dd>
          {entry.event} ({entry.kind})
        </dd>
      </div>
      <div>
        <dt>at</dt>
        <dd>{entry.at}</dd>
      </div>
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{typeof value === "string" ? value : JSON.stringify(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Tells which entries are newer than the first load. Those slide in; older ones that are loaded on demand do not. */
function useFresh(entries: readonly TimelineEntry[]): (id: string) => boolean {
  const [newestAtFirst, setNewestAtFirst] = useState<TimelineEntry>();
  const newest = entries[0];
  if (newestAtFirst === undefined && newest !== undefined) setNewestAtFirst(newest);
  const place = newestAtFirst ? entries.findIndex((entry) => entry.id === newestAtFirst.id) : -1;
  const since = new Set(entries.slice(0, Math.max(0, place)).map((entry) => entry.id));
  return (id) => since.has(id);
}
