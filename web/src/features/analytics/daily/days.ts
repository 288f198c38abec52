import type { DayCounts } from "@/api/schema";
import { day } from "../search";

/** The series of the chart: what each counts and how it is drawn. Dashes tell lines apart without colour. */
export const SERIES = {
  emails: [
    { key: "sent", name: "Sent", colour: "var(--line-strong)", bar: true, dash: "" },
    { key: "opened", name: "Opened", colour: "var(--blue)", bar: false, dash: "" },
    { key: "clicked", name: "Clicked", colour: "var(--violet)", bar: false, dash: "6 3" },
    { key: "replied", name: "Replied", colour: "var(--green)", bar: false, dash: "" },
    { key: "bounced", name: "Bounced", colour: "var(--red)", bar: false, dash: "2 3" },
    { key: "unsubscribed", name: "Unsubscribed", colour: "var(--amber)", bar: false, dash: "2 3" },
  ],
  leads: [
    { key: "enrolled", name: "Enrolled", colour: "var(--line-strong)", bar: true, dash: "" },
    { key: "completed", name: "Completed", colour: "var(--blue)", bar: false, dash: "" },
    { key: "stopped", name: "Stopped", colour: "var(--violet)", bar: false, dash: "6 3" },
  ],
} as const satisfies Record<
  string,
  readonly {
    key: Exclude<keyof DayCounts, "date">;
    name: string;
    colour: string;
    bar: boolean;
    dash: string;
  }[]
>;

export type Subject = keyof typeof SERIES;

const DAY = 86_400_000;
const LONGEST = 1_100;

/** One row for each day, zero for days that the server left out. The range's ends default to the first and last day
 * that has figures. */
export function everyDay(counted: readonly DayCounts[], from?: string, to?: string): DayCounts[] {
  const known = new Map(counted.map((row) => [row.date, row]));
  const first = Date.parse(from ?? counted[0]?.date ?? "");
  const last = Date.parse(to ?? counted.at(-1)?.date ?? "");
  if (Number.isNaN(first) || Number.isNaN(last)) return [...counted];
  const length = Math.round((last - first) / DAY) + 1;
  // A limit for ranges of many empty years, which would only cost the browser time.
  if (length > LONGEST) return [...counted];
  return Array.from({ length }, (_, index) => {
    const date = day(first + index * DAY);
    return known.get(date) ?? { ...NOTHING, date };
  });
}

const NOTHING = {
  bounced: 0,
  clicked: 0,
  completed: 0,
  enrolled: 0,
  opened: 0,
  replied: 0,
  sent: 0,
  stopped: 0,
  unsubscribed: 0,
};
