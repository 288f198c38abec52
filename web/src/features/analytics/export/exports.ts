import type { AnalyticsResponse } from "@/api/schema";
import { toCsv } from "@/lib/csv";
import { branchWords } from "../funnel/branch-words";

/** The tables of the screen as CSV. Rates are shares between 0 and 1. */
export const EXPORTS = {
  funnel: { name: "Funnel", csv: funnel },
  daily: { name: "By day", csv: daily },
  variants: { name: "Variants", csv: variants },
  "stop-reasons": { name: "Stop reasons", csv: stopReasons },
} as const;

export type Export = keyof typeof EXPORTS;

function funnel({ funnel: steps }: AnalyticsResponse): string {
  return toCsv(
    [
      "position",
      "key",
      "name",
      "type",
      "removed",
      "reached",
      "here_now",
      "sent",
      "opened",
      "clicked",
      "replied",
      "bounced",
      "outcomes",
    ],
    steps.map((step) => [
      step.position,
      step.key,
      step.name,
      step.type,
      step.removed ? "yes" : "no",
      step.reached,
      step.here_now,
      step.sent,
      step.opened,
      step.clicked,
      step.replied,
      step.bounced,
      step.outcomes
        .map((taken) => {
          const { way, led } = branchWords(taken, steps);
          return `${way}: ${led} (${taken.count})`;
        })
        .join("; "),
    ]),
  );
}

const DAILY = [
  "enrolled",
  "sent",
  "opened",
  "clicked",
  "replied",
  "bounced",
  "unsubscribed",
  "completed",
  "stopped",
] as const;

function daily({ daily: days }: AnalyticsResponse): string {
  return toCsv(
    ["date", ...DAILY],
    days.map((row) => [row.date, ...DAILY.map((figure) => row[figure])]),
  );
}

function variants({ variants: steps }: AnalyticsResponse): string {
  return toCsv(
    [
      "step",
      "variant",
      "sent",
      "opened",
      "clicked",
      "replied",
      "reply_rate",
      "probability_best",
      "winner",
      "decided_at",
    ],
    steps.flatMap((step) =>
      step.results.map((result) => [
        step.key,
        result.name,
        result.sent,
        result.opened,
        result.clicked,
        result.replied,
        result.reply_rate,
        result.probability_best,
        result.name === step.winner ? "yes" : "no",
        result.name === step.winner ? step.decided_at : null,
      ]),
    ),
  );
}

function stopReasons({ totals }: AnalyticsResponse): string {
  return toCsv(["reason", "leads"], reasons(totals.stopped));
}

/** The reasons for which enrollments stopped, the most frequent first. */
export function reasons(stopped: Record<string, number>): [string, number][] {
  return Object.entries(stopped).sort(([a, left], [b, right]) => right - left || a.localeCompare(b));
}
