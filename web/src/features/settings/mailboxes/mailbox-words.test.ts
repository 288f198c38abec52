import { describe, expect, it } from "vitest";
import { capsText, gapText, sentTodayText, whyHeld } from "./mailbox-words";

describe("a mailbox in words", () => {
  it("says why it is held", () => {
    expect([
      whyHeld({ status: "held", hold_reason: null }),
      whyHeld({ status: "held", hold_reason: "bounce_rate" }),
      whyHeld({ status: "held", hold_reason: "another_reason" }),
      whyHeld({ status: "active", hold_reason: null }),
    ]).toEqual(["a person holds it", "too many of its last emails bounced", "Another reason", undefined]);
  });

  it("says its caps and gaps", () => {
    expect([
      capsText({ daily_cap: 1200, hourly_cap: null }),
      capsText({ daily_cap: 50, hourly_cap: 10 }),
      capsText({ daily_cap: null, hourly_cap: null }),
    ]).toEqual(["1,200 a day", "50 a day, 10 an hour", "no cap"]);
    expect([
      sentTodayText({ sent_today: 1, daily_cap: null }),
      sentTodayText({ sent_today: 7, daily_cap: 50 }),
    ]).toEqual(["1 email", "7 of 50 emails"]);
    expect([
      gapText({ min_gap_seconds: 0, gap_jitter_seconds: 0 }),
      gapText({ min_gap_seconds: 1, gap_jitter_seconds: 0 }),
      gapText({ min_gap_seconds: 90, gap_jitter_seconds: 60 }),
    ]).toEqual(["none", "1 second", "90 to 150 seconds"]);
  });
});
