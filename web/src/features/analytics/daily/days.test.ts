import { expect, it } from "vitest";
import type { DayCounts } from "@/api/schema";
import { everyDay } from "./days";

const counted = (date: string, sent: number): DayCounts => ({
  date,
  sent,
  bounced: 0,
  clicked: 0,
  completed: 0,
  enrolled: 0,
  opened: 0,
  replied: 0,
  stopped: 0,
  unsubscribed: 0,
});
const sent = (days: DayCounts[]) => days.map((row) => [row.date, row.sent]);

it("shows a day on which nothing happened, across the end of a month", () => {
  expect(sent(everyDay([counted("2026-02-27", 3), counted("2026-03-01", 5)]))).toEqual([
    ["2026-02-27", 3],
    ["2026-02-28", 0],
    ["2026-03-01", 5],
  ]);
});

it("fills the range that was asked for", () => {
  expect(sent(everyDay([counted("2026-03-02", 1)], "2026-03-01", "2026-03-03"))).toEqual([
    ["2026-03-01", 0],
    ["2026-03-02", 1],
    ["2026-03-03", 0],
  ]);
});

it("adds no rows without figures, or for an endless range", () => {
  expect(everyDay([])).toEqual([]);
  expect(sent(everyDay([counted("2026-03-02", 1)], "1990-01-01", "2026-03-03"))).toEqual([["2026-03-02", 1]]);
});
