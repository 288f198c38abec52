import { describe, expect, it } from "vitest";
import { absoluteTime } from "@/lib/format";
import {
  ACTIONS,
  CAUSES,
  ENGAGEMENT,
  LOG,
  recordedSentence,
  STOP_REASONS,
  sentenceOf,
  stopReason,
} from "./sentences";

const log = (event: string, detail = {}) => sentenceOf({ kind: "log", event, detail }).text;
const lead = (event: string, detail = {}) => sentenceOf({ kind: "engagement", event, detail });
const SENT_AGAIN = JSON.parse('{"then": "resend"}');
const NOT_SENT_AGAIN = JSON.parse('{"then": "skip"}');
const UNTIL = "2026-11-30T10:18:48Z";

describe("what the engine did", () => {
  it.each([
    ["enrolled", {}, "Enrolled"],
    ["waiting", { until: UNTIL }, `Waiting until ${absoluteTime(UNTIL)}`],
    ["branch_decided", { branch: "else", outcome: { continue: true } }, "No branch held: goes on"],
    ["branch_decided", { branch: "branches[1]", outcome: { goto: "demo" } }, "Branch 2 held: goes to demo"],
    [
      "branch_decided",
      { branch: "on_event", outcome: { stop: true, reason: "not_now" } },
      "The event came: stops (not now)",
    ],
    ["branch_decided", { branch: "on_timeout", outcome: { stop: true } }, "The time was up: stops"],
    ["email_sent", { subject: "Hello", variant: "B" }, "Sent “Hello” (variant B)"],
    ["email_sent", {}, "Sent “(no subject)”"],
    ["email_skipped", { subject: "Hello" }, "Left out “Hello”: nobody can tell whether it left before"],
    [
      "email_outcome_unknown",
      NOT_SENT_AGAIN,
      "The mail server went away while an email was handed over; it is not sent again",
    ],
    [
      "email_outcome_unknown",
      SENT_AGAIN,
      "The mail server went away while an email was handed over; it is sent again",
    ],
    [
      "email_outcome_unknown",
      { ...NOT_SENT_AGAIN, cause: "restored" },
      "A backup was restored, and an email may have left since it was made; it is not sent again",
    ],
    [
      "action_outcome_unknown",
      { cause: "restored", visit: 1 },
      "A backup was restored, and an action may have been performed since it was made; it is performed again",
    ],
    [
      "deferred",
      { cause: "window", until: UNTIL },
      `Put off until ${absoluteTime(UNTIL)}: the send window is closed`,
    ],
    ["deferred", { cause: "mailbox_held" }, "Waits: the mailbox is held"],
    ["deferred", { until: UNTIL }, `Put off until ${absoluteTime(UNTIL)}`],
    ["released", {}, "Let go: the mailbox sends again"],
    ["held", { until: UNTIL }, `Held until ${absoluteTime(UNTIL)}: the lead is away`],
    ["heard", { event: "open" }, "What it waited for came: an open"],
    ["heard", { event: "custom:demo_booked" }, "What it waited for came: “demo_booked”"],
    ["paused", { by: "lead" }, "Paused by hand"],
    ["paused", { by: "sequence" }, "Paused with its sequence"],
    ["paused", { by: "company" }, "Paused because a colleague replied"],
    ["resumed", { mode: "preserve_remaining" }, "Resumed with the wait that was left"],
    ["resumed", { mode: "original_schedule" }, "Resumed on its original schedule"],
    ["stopped", { reason: "replied" }, "Stopped: the lead replied"],
    ["stopped", { reason: "interested_follow_up_sent" }, "Stopped: interested follow up sent"],
    ["completed", {}, "Went through the whole sequence"],
    ["failed", { error: "no_mailbox: none" }, "Failed: no_mailbox: none"],
    ["step_performed", { type: "send_letter" }, "Performed: send_letter"],
    ["step_performed", {}, "Performed: a step of its own type"],
    ["relabelled", { clicks: 3, opens: 1, moved: false }, "A machine, not a person, had followed 3 links"],
    [
      "relabelled",
      { clicks: 1, opens: 0, moved: true },
      "A machine, not a person, had followed 1 link; what the sequence did because of it stays done",
    ],
    ["plan_changed", { version: 2 }, "Moved to version 2 of the sequence"],
  ])("says %s %j", (event, detail, said) => {
    expect(log(event, detail)).toBe(said);
  });

  it.each([
    [{ action: "update_status", status: "won" }, "Set the status to “won”"],
    [{ action: "mark_qualified" }, "Marked as qualified"],
    [{ action: "tag_lead", add: ["a", "b"], remove: ["c"] }, "Tagged a, b, untagged c"],
    [{ action: "tag_lead", add: [], remove: ["c"] }, "Untagged c"],
    [{ action: "tag_lead", add: [], remove: [] }, "Changed no tag"],
    [{ action: "notify_user", message: "Call" }, "Told a user: Call"],
    [{ action: "assign_to_user" }, "Gave the lead to an owner"],
    [{ action: "add_to_campaign", stop_current: true }, "Moved to another campaign"],
    [{ action: "add_to_campaign" }, "Added to another campaign"],
    [{ action: "webhook", url: "https://x.example" }, "Called https://x.example"],
    [{ action: "send_fax" }, "Send fax"],
  ])("says what an action did: %j", (detail, said) => {
    expect(log("action_performed", detail)).toBe(said);
  });

  it("shows an event that it does not know by its name", () => {
    expect(log("some_new_event")).toBe("Some new event");
  });

  it("never shows a hole, whatever detail is missing", () => {
    for (const tell of [...Object.values(LOG), ...Object.values(ENGAGEMENT)]) {
      expect(tell({}).text).not.toMatch(/undefined|null|Invalid|NaN|: ?$/);
    }
    for (const said of Object.values(ACTIONS)) expect(said({})).not.toMatch(/undefined|null/);
    expect(Object.values({ ...CAUSES, ...STOP_REASONS }).every(Boolean)).toBe(true);
    expect(stopReason("")).toBe("no reason given");
  });
});

describe("what the lead did", () => {
  it.each([
    ["reply", {}, "Replied"],
    ["auto_reply", {}, "Out of office"],
    ["auto_reply", { returns_on: "2026-12-04" }, "Out of office, back on Fri, Dec 4, 2026"],
    ["auto_reply", { note: "no_longer_there" }, "Answered by itself: they no longer work there"],
    ["auto_reply", { note: "ticket" }, "Answered by itself: a help desk's receipt"],
    ["open", {}, "Opened the email"],
    ["click", { url: "https://a.example" }, "Clicked https://a.example"],
    ["bounce", { hard: true }, "The email bounced for good (hard)"],
    ["bounce", { hard: false }, "The email bounced for now (soft)"],
    ["unsubscribe", {}, "Unsubscribed"],
    ["complaint", {}, "Called the email spam"],
    ["demo_booked", {}, "Did “demo_booked”"],
  ])("says %s %j", (event, detail, said) => {
    expect(lead(event, detail).text).toBe(said);
  });

  it("tells a machine from a person, and does not raise its voice for it", () => {
    expect(lead("open", { machine: true })).toMatchObject({
      text: "A machine opened the email, not a person",
      weight: "quiet",
    });
    expect(lead("click", { machine: true, url: "https://a.example" }).text).toContain("not a person");
    expect(lead("open").weight).toBe("loud");
  });
});

describe("what recording an event did", () => {
  const nothing = { recorded: true, stopped: [], held: [], company_stopped: [], company_paused: [] };

  it.each([
    [nothing, "Recorded."],
    [{ ...nothing, recorded: false }, "It was recorded before: nothing changed."],
    [
      { ...nothing, stopped: ["a"], company_paused: ["b", "c"] },
      "Recorded: 1 enrollment ended, 2 enrollments of colleagues paused.",
    ],
    [{ ...nothing, held: ["a"] }, "Recorded: 1 enrollment held until they are back."],
  ])("says %j", (answer, said) => {
    expect(recordedSentence(answer)).toBe(said);
  });
});
