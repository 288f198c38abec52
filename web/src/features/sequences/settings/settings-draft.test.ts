import { describe, expect, it } from "vitest";
import type { SequenceResponse, SequenceSettings } from "@/api/schema";
import { changesOf, draftOf, holidayCodes, USUAL_WINDOW, withDay } from "./settings-draft";

const settings: SequenceSettings = {
  timezone: "UTC",
  send_window: null,
  mailbox_ids: [],
  versioning: "follow_latest",
  reply_marks_qualified: true,
  on_company_reply: "ignore",
  auto_reply_hold_days: 3,
  track_opens: true,
  track_clicks: true,
  unknown_outcome: "skip",
  exclusive: false,
  allow_reenrollment: true,
  reenroll_after_days: 0,
};
const sequence = { name: "Outreach", description: "", settings } as SequenceResponse;

describe("the draft of a sequence's settings", () => {
  it("sends nothing of what was left alone", () => {
    expect(changesOf(sequence, draftOf(sequence))).toBeNull();
  });

  it("sends only what differs, and a window that was taken away", () => {
    const draft = draftOf({ ...sequence, settings: { ...settings, send_window: USUAL_WINDOW } });
    const windowed = { ...sequence, settings: { ...settings, send_window: { ...USUAL_WINDOW } } };
    expect(changesOf(windowed, draft)).toBeNull();
    draft.settings.send_window = null;
    draft.name = "Spring";
    expect(changesOf(windowed, draft)).toEqual({ name: "Spring", settings: { send_window: null } });
  });

  it("sends an empty number as none, for the server to refuse", () => {
    const draft = draftOf(sequence);
    draft.settings.auto_reply_hold_days = null;
    expect(changesOf(sequence, draft)).toEqual({ settings: { auto_reply_hold_days: null } });
  });

  it("keeps days in the order of the week", () => {
    expect(withDay(["tue", "fri"], "mon", true)).toEqual(["mon", "tue", "fri"]);
    expect(withDay(["mon", "tue"], "mon", false)).toEqual(["tue"]);
  });

  it("reads holidays as they are typed", () => {
    expect(holidayCodes(" de, us-ca;DE  at,")).toEqual(["DE", "US-CA", "AT"]);
  });
});
