import { expect, it } from "vitest";
import type { AnalyticsResponse } from "@/api/schema";
import { EXPORTS } from "./exports";

const told: AnalyticsResponse = {
  sequence_id: "s",
  as_of: "2026-03-01T00:00:00Z",
  machine_opens: 0,
  machine_clicks: 0,
  rates: { open: null, click: null, reply: null, bounce: null, completion: null },
  totals: {
    enrolled: 3,
    active: 0,
    paused: 0,
    completed: 0,
    failed: 0,
    stopped: { replied: 1, "=HYPERLINK(1)": 2 },
    emails_sent: 0,
    emails_opened: 0,
    emails_clicked: 0,
    emails_replied: 0,
    emails_bounced: 0,
    emails_unsubscribed: 0,
  },
  funnel: [
    {
      step_id: "1",
      key: "ask",
      name: "+Ask, twice",
      type: "condition",
      position: 1,
      removed: false,
      reached: 3,
      here_now: 1,
      sent: 0,
      opened: 0,
      clicked: 0,
      replied: 0,
      bounced: 0,
      outcomes: [{ branch: "else", outcome: { goto: "ask" }, count: 2 }],
    },
  ],
  variants: [
    {
      step_id: "1",
      key: "intro",
      name: "Intro",
      removed: false,
      statistic: "",
      min_sample: 100,
      required_certainty: 0.95,
      winner: "B",
      certainty: 0.97,
      decided_at: "2026-02-01T00:00:00Z",
      results: [
        { name: "A", sent: 4, opened: 2, clicked: 1, replied: 1, reply_rate: 0.25, probability_best: null },
        { name: "B", sent: 4, opened: 2, clicked: 1, replied: 2, reply_rate: 0.5, probability_best: 1 },
      ],
    },
  ],
  daily: [
    {
      date: "2026-02-27",
      enrolled: 3,
      sent: 2,
      opened: 1,
      clicked: 0,
      replied: 0,
      bounced: 0,
      unsubscribed: 0,
      completed: 0,
      stopped: 1,
    },
  ],
};

const lines = (csv: string) => csv.trimEnd().split("\r\n").slice(1);

it("writes each table, and no formula", () => {
  expect(lines(EXPORTS.funnel.csv(told))).toEqual([
    `1,ask,"'+Ask, twice",condition,no,3,1,0,0,0,0,0,"Else: +Ask, twice (2)"`,
  ]);
  expect(lines(EXPORTS.daily.csv(told))).toEqual(["2026-02-27,3,2,1,0,0,0,0,0,1"]);
  expect(lines(EXPORTS.variants.csv(told))).toEqual([
    "intro,A,4,2,1,1,0.25,,no,",
    "intro,B,4,2,1,2,0.5,1,yes,2026-02-01T00:00:00Z",
  ]);
  expect(lines(EXPORTS["stop-reasons"].csv(told))).toEqual(["'=HYPERLINK(1),2", "replied,1"]);
});
