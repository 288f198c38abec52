import { describe, expect, it } from "vitest";
import { clockAhead, countdown, REASONS, whyOf } from "./reasons";

const why = (code: string, binds = {}, detail = "the server's `word`") => whyOf({ code, detail, binds });

describe("why nothing is being sent", () => {
  it.each([
    ["waiting", { step: "wait-4d", until_local: "Fri 04 Dec" }, "The step wait-4d waits until Fri 04 Dec."],
    [
      "waiting_for_event",
      { event: "replied", until_local: "Fri 04 Dec" },
      "It continues when “replied” happens, or at Fri 04 Dec at the latest.",
    ],
    [
      "failed",
      { error: "no_mailbox: there is none", mend: "Add a mailbox. Then resume the enrollment." },
      "no_mailbox: there is none. Add a mailbox. Then resume the enrollment.",
    ],
    ["not_told", { command: "reply_received" }, "The change is on its way: reply received."],
    ["retrying", { step: "intro", error: "SMTP 421" }, "intro: the last attempt said “SMTP 421”."],
    ["due", { step: "intro" }, "The step intro is due and runs now."],
  ])("says %s with what binds it", (code, binds, said) => {
    expect(why(code, binds).text).toBe(said);
  });

  it("falls back on the server's own words", () => {
    expect(why("daily_cap").text).toBe("The server's word.");
    expect(why("waiting", { step: "wait-4d" }).text).toBe("The server's word.");
    expect(why("some_new_reason")).toEqual({
      title: "Some new reason",
      text: "The server's word.",
      ends: "engine",
    });
  });

  it("has a title and words for every code, whatever binds", () => {
    for (const code of Object.keys(REASONS)) {
      expect(why(code).title).not.toBe("");
      expect(why(code).text).toMatch(/[^.]\.$/);
    }
  });
});

describe("the countdown", () => {
  const now = Date.parse("2026-11-30T10:00:00Z");

  it.each([
    ["2026-11-30T10:00:01Z", "00:00:01"],
    ["2026-11-30T10:00:00.400Z", "00:00:01"],
    ["2026-11-30T21:04:09Z", "11:04:09"],
    ["2026-12-04T10:18:48Z", "4d 00:18:48"],
    ["2026-11-30T10:00:00Z", null],
    ["2026-11-29T10:00:00Z", null],
  ])("until %s shows %s", (until, shown) => {
    expect(countdown(until, now)).toBe(shown);
  });

  it("uses the enrollment's clock, which development can move", () => {
    const heardAt = Date.parse("2026-11-27T10:00:00Z");
    expect(clockAhead({ as_of: "2026-11-30T10:00:00Z" }, heardAt)).toBe(3 * 86_400_000);
  });
});
