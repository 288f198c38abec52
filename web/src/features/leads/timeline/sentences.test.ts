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
    ["branch_decided", { branch: "else", outcome: { continue: true } }, "No branch applied: continues"],
    ["branch_decided", { branch: "branches[1]", outcome: { goto: "demo" } }, "Branch 2: goes to demo"],
    [
      "branch_decided",
      { branch: "on_event", outcome: { stop: true, reason: "not_now" } },
      "The event happened: stops (not now)",
    ],
    ["branch_decided", { branch: "on_timeout", outcome: { stop: true } }, "The time was up: stops"],
    ["email_sent", { subject: "Hello", variant: "B" }, "Sent “Hello” (variant B)"],
    ["email_sent", {}, "Sent “(no subject)”"],
    ["email_skipped", { subject: "Hello" }, "Did not send “Hello”: it may have been sent before"],
    [
      "email_outcome_unknown",
      NOT_SENT_AGAIN,
      "The connection to the mail server broke while an email was being sent; it is not sent again",
    ],
    [
      "email_outcome_unknown",
      SENT_AGAIN,
      "The connection to the mail server broke while an email was being sent; it is sent again",
    ],
    [
      "email_outcome_unknown",
      { ...NOT_SENT_AGAIN, cause: "restored" },
      "A backup was restored, and an email may have been sent after it was made; it is not sent again",
    ],
    [
      "action_outcome_unknown",
      { cause: "restored", visit: 1 },
      "A backup was restored, and an action may have been performed after it was made; it is performed again",
    ],
    [
      "deferred",
      { cause: "window", until: UNTIL },
      `Put off until ${absoluteTime(UNTIL)}: the send window is closed`,
    ],
    ["deferred", { cause: "mailbox_held" }, "Waits: the mailbox is held"],
    ["deferred", { until: UNTIL }, `Put off until ${absoluteTime(UNTIL)}`],
    ["released", {}, "Released: the mailbox sends again"],
    ["held", { until: UNTIL }, `Held until ${absoluteTime(UNTIL)}: the lead is out of office`],
    ["heard", { event: "open" }, "The awaited event happened: an open"],
    ["heard", { event: "custom:demo_booked" }, "The awaited event happened: “demo_booked”"],
    ["paused", { by: "lead" }, "Paused by hand"],
    ["paused", { by: "sequence" }, "Paused with its sequence"],
    ["paused", { by: "company" }, "Paused because a colleague replied"],
    ["resumed", { mode: "preserve_remaining" }, "Resumed with the rest of the wait"],
    ["resumed", { mode: "original_schedule" }, "Resumed on its original schedule"],
    ["stopped", { reason: "replied" }, "Stopped: the lead replied"],
    ["stopped", { reason: "interested_follow_up_sent" }, "Stopped: interested follow up sent"],
    ["completed", {}, "Completed the sequence"],
    ["failed", { error: "no_mailbox: none" }, "Failed: no_mailbox: none"],
    ["step_performed", { type: "send_letter" }, "Performed: send_letter"],
    ["step_performed", {}, "Performed: a step of its own type"],
    ["relabelled", { clicks: 3, opens: 1, moved: false }, "A machine, not a person, had followed 3 links"],
    [
      "relabelled",
      { clicks: 1, opens: 0, moved: true },
      "A machine, not a person, had followed 1 link; steps that were taken because of it stay",
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
    [{ action: "notify_user", message: "Call" }, "Notified a user: Call"],
    [{ action: "assign_to_user" }, "Assigned the lead to a user"],
    [{ action: "add_to_campaign", stop_current: true }, "Moved to another campaign"],
    [{ action: "add_to_campaign" }, "Added to another campaign"],
    [{ action: "webhook", url: "https://x.example" }, "Called https://x.example"],
    [{ action: "send_fax" }, "Send fax"],
  ])("says what an action did: %j", (detail, said) => {
    expect(log("action_performed", detail)).toBe(said);
  });

  it("shows an event that it does not know by its name", () => {
    expect(log("some_new_event")).toBe("Some new event");
    expect(log("some_new_event", { deep: { error: [null] } })).toBe("Some new event");
  });

  it.each(["constructor", "toString", "__proto__", "hasOwnProperty", ""])(
    "does not throw for the name %j, which every object has",
    (name) => {
      for (const kind of ["log", "engagement"] as const) {
        expect(sentenceOf({ kind, event: name, detail: {} })).toMatchObject({
          sign: expect.any(String),
          text: expect.any(String),
        });
      }
      expect(log("deferred", { cause: name })).toMatch(/^Waits/);
      expect(log("stopped", { reason: name })).toMatch(/^Stopped: ./);
      expect(typeof log("action_performed", { action: name })).toBe("string");
      expect(typeof log("branch_decided", { branch: name, outcome: name })).toBe("string");
      expect(log("heard", { event: name })).toMatch(/^The awaited event happened: ./);
    },
  );

  it("does not throw whatever type a detail has", () => {
    for (const value of [null, 7, true, [], { deep: { er: [1] } }, "x"]) {
      const names = [
        "until",
        "branch",
        "outcome",
        "subject",
        "cause",
        "event",
        "mode",
        "reason",
        "error",
        "action",
      ];
      const detail = Object.fromEntries(names.map((name) => [name, value]));
      for (const tell of [...Object.values(LOG), ...Object.values(ENGAGEMENT)]) {
        expect(tell(detail).text).not.toMatch(/\[object/);
      }
    }
  });

  it("has no gap in a sentence when a detail is missing", () => {
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
    ["auto_reply", { note: "no_longer_there" }, "Auto-reply: they no longer work there"],
    ["auto_reply", { note: "ticket" }, "Auto-reply: a help desk's receipt"],
    ["open", {}, "Opened the email"],
    ["click", { url: "https://a.example" }, "Clicked https://a.example"],
    ["bounce", { hard: true }, "The email bounced (hard bounce)"],
    ["bounce", { hard: false }, "The email bounced (soft bounce)"],
    ["unsubscribe", {}, "Unsubscribed"],
    ["complaint", {}, "Complained: marked the email as spam"],
    ["demo_booked", {}, "Did “demo_booked”"],
  ])("says %s %j", (event, detail, said) => {
    expect(lead(event, detail).text).toBe(said);
  });

  it("tells a machine from a person, and shows its events quietly", () => {
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
