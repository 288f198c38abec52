import { describe, expect, it } from "vitest";
import { count, plural, rate, relativeTime, words } from "./format";

describe("format", () => {
  const now = Date.parse("2026-01-10T12:00:00Z");

  it.each([
    ["2026-01-10T12:00:03Z", "now"],
    ["2026-01-10T12:00:30Z", "in 30 seconds"],
    ["2026-01-10T11:58:30Z", "1 minute ago"],
    ["2026-01-13T12:00:00Z", "in 3 days"],
    ["2026-01-09T11:00:00Z", "yesterday"],
    ["2027-03-01T00:00:00Z", "next year"],
  ])("says %s as %s", (at, said) => {
    expect(relativeTime(at, now)).toBe(said);
  });

  it("says rates, numbers and codes", () => {
    expect([rate(0.1234), rate(null), rate(0)]).toEqual(["12.3%", "–", "0%"]);
    expect([plural(1, "lead"), plural(1200, "lead"), count(1e6)]).toEqual([
      "1 lead",
      "1,200 leads",
      "1,000,000",
    ]);
    expect(words("daily_cap")).toBe("Daily cap");
  });
});
