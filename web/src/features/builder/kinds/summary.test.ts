import { describe, expect, it } from "vitest";
import { step } from "../model/fixtures";
import { shortSummaryOf, summaryOf } from "./summary";

const delay = { delay_days: 1, delay_hours: 2 };

describe("the summary of a step", () => {
  it("begins with the wait before the step", () => {
    expect(summaryOf(step("a", "email", { subject: "Hi" }, delay), [])).toBe("After 1 day 2 hours: “Hi”");
    expect(summaryOf(step("a", "action", { action: "mark_qualified" }, delay), [])).toBe(
      "After 1 day 2 hours: marks the lead as qualified",
    );
  });

  it("counts the branches of a condition on the canvas, where each has a line of its own", () => {
    const branches = [{ if: "opened" }, { if: "clicked" }];
    expect(shortSummaryOf(step("a", "condition", { branches }, delay), [])).toBe(
      "After 1 day 2 hours: 2 branches",
    );
    expect(shortSummaryOf(step("a", "condition", { branches: branches.slice(1) }), [])).toBe("1 branch");
    expect(shortSummaryOf(step("a", "email", { subject: "Hi" }), [])).toBe("“Hi”");
  });
});
