import { describe, expect, it } from "vitest";
import type { DraftStep } from "./model/step";
import { summaryOf } from "./summary";

function step(
  type: DraftStep["type"],
  config: Record<string, unknown>,
  more: Partial<DraftStep> = {},
): DraftStep {
  return {
    key: "a",
    name: "",
    type,
    delay_days: 0,
    delay_hours: 0,
    delay_minutes: 0,
    config,
    metadata: {},
    ...more,
  };
}

const intro = step("email", {}, { key: "intro", name: "Invitation" });

function said(type: DraftStep["type"], config: Record<string, unknown>) {
  return summaryOf(step(type, config), [intro]);
}

describe("a step in a sentence", () => {
  it.each([
    [{ subject: "Hello" }, "“Hello”"],
    [{ subject: "Hello", reply_in_thread: true }, "“Hello” · in thread"],
    [{ reply_in_thread: true, body_text: "x" }, "Replies in the thread"],
    [{ variants: [{ name: "A", subject: "Hi" }, { name: "B" }] }, "“Hi” · 2 variants"],
    [{}, "No subject yet"],
  ])("email %o", (config, sentence) => {
    expect(said("email", config)).toBe(sentence);
  });

  it.each([
    [{ days: 3 }, "Waits 3 days"],
    [{ days: 1, hours: 2, minutes: 30 }, "Waits 1 day 2 hours 30 minutes"],
    [
      { days: 3, business_days: true, send_time: "09:30" },
      "Waits 3 business days, then until 09:30 on a business day in the lead’s zone",
    ],
    [{ send_time: "09:30", timezone: "Europe/Berlin" }, "Waits until 09:30 in Europe/Berlin"],
    [
      { days: 1, business_hours_only: true, timezone: "lead" },
      "Waits 1 day, then for business hours (Monday to Friday, 9 to 17) in the lead’s zone",
    ],
    [{ days: 0, business_days: true }, "Waits for nothing yet"],
    [{}, "Waits for nothing yet"],
  ])("delay %o", (config, sentence) => {
    expect(said("delay", config)).toBe(sentence);
  });

  it.each([
    ["opened", "opened"],
    [{ if_not_opened: { step: "intro", within_days: 1 } }, "not opened “Invitation” within 1 day"],
    [{ clicked: { step: "gone", include_machine: true } }, "clicked “gone” (machines too)"],
    [{ any: ["opened", { all: ["clicked", "replied"] }] }, "opened or (clicked and replied)"],
    [{ not: { any: ["opened", "clicked"] } }, "not (opened or clicked)"],
    [{ not: { any: ["opened"] } }, "not opened"],
    [{ field: "custom.plan", op: "in", value: ["pro", 5] }, "plan is one of pro, 5"],
    [{ field: "title", op: "exists" }, "title is known"],
    [{ field: "score", op: "gte", value: 5 }, "score is at least 5"],
    [{ opened: {}, clicked: {} }, "something unreadable"],
  ])("condition %o", (test, sentence) => {
    const branches = [{ if: test, then: { goto: "intro" } }];
    expect(said("condition", { branches })).toBe(`If ${sentence}: go to “Invitation”; else go on`);
  });

  it("condition of several branches", () => {
    const branch = { if: "opened", then: { stop: true, reason: "warm" } };
    const config = { branches: [branch, branch, branch], else: { stop: true } };
    expect(said("condition", config)).toBe("If opened: stop (warm); 2 more branches; else stop");
    expect(said("condition", {})).toBe("No branch yet");
  });

  it.each([
    [{ event: "clicked", timeout_days: 5 }, "Waits up to 5 days for a click, then go on"],
    [
      { event: "webinar_attended", timeout_days: 1, on_event: { goto: "intro" } },
      "Waits up to 1 day for webinar_attended: then go to “Invitation”, else go on",
    ],
    [{ event: "constructor" }, "Waits for constructor, then go on"],
    [{}, "Waits for an event, then go on"],
  ])("wait %o", (config, sentence) => {
    expect(said("wait_for", config)).toBe(sentence);
  });

  it.each([
    [{ action: "tag_lead", add: ["a", "b"], remove: ["c"] }, "Tags: adds a, b; removes c"],
    [{ action: "tag_lead" }, "No tags yet"],
    [{ action: "update_status", status: "hot" }, "Sets the status to hot"],
    [{ action: "webhook", url: "https://crm.example.com/hooks?key=1" }, "Calls crm.example.com"],
    [{ action: "webhook", url: "crm" }, "Calls a URL"],
    [{ action: "add_to_campaign", stop_current: true }, "Moves the lead to a campaign, and ends here"],
    [{ action: "set_field" }, "Set field"],
    [{ action: "toString" }, "ToString"],
    [{}, "No action yet"],
  ])("action %o", (config, sentence) => {
    expect(said("action", config)).toBe(sentence);
  });

  it("tells the step's own wait first", () => {
    const waits = { delay_days: 1, delay_hours: 2 };
    expect(summaryOf(step("email", { subject: "Hi" }, waits), [])).toBe("After 1 day 2 hours: “Hi”");
    expect(summaryOf(step("action", { action: "mark_qualified" }, waits), [])).toBe(
      "After 1 day 2 hours: marks the lead as qualified",
    );
  });
});
