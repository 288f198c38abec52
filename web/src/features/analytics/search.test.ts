import { describe, expect, it } from "vitest";
import { analyticsSearch, dayAfter, lastDays } from "./search";

describe("the address", () => {
  it("keeps what it means and drops the rest", () => {
    expect(
      analyticsSearch({
        tab: "log",
        from: "2026-02-01",
        to: "2026-02-31x",
        event: "",
        step: "intro",
        lead: 3,
      }),
    ).toEqual({ tab: "log", from: "2026-02-01", step: "intro" });
  });

  it("refuses a day that no calendar has", () => {
    expect(analyticsSearch({ from: "2026-13-01" })).toEqual({});
  });
});

it("includes today in a range, and ends after its last day", () => {
  expect(lastDays(7, Date.parse("2026-03-02T10:00:00Z"))).toEqual({ from: "2026-02-24", to: "2026-03-02" });
  expect(dayAfter("2026-02-28")).toBe("2026-03-01T00:00:00Z");
});
