import { describe, expect, it } from "vitest";
import { detailWords } from "./log-words";

const steps = [{ key: "breakup", name: "Last email" }];
const said = (event: string, detail: Record<string, unknown>) => detailWords({ event, detail }, steps);

describe("a row of the log", () => {
  it("says which way a condition went", () => {
    expect(said("branch_decided", { branch: "else", outcome: { goto: "breakup" } })).toBe(
      "Else → Last email",
    );
  });

  it("names an email by its subject", () => {
    expect(said("email_sent", { subject: "Hello", message_id: "<1@x>" })).toBe("“Hello”");
  });

  it("shows an unknown detail by name and value", () => {
    expect(said("stopped", { reason: "no_interest", by: null })).toBe("Reason: no interest");
    expect(said("action_performed", { action: "tag_lead", add: ["a", "b"], with: { count: 2 } })).toBe(
      "Action: tag lead · Add: a, b · With: Count 2",
    );
    expect(said("completed", {})).toBe("");
  });

  it("says a moment in the reader's own time", () => {
    expect(said("waiting", { until: "2026-03-01T10:00:00Z" })).not.toContain("T10:00:00Z");
  });
});
