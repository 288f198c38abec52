import { expect, it } from "vitest";
import { timeIn } from "@/lib/time-zones";
import { bySkipCode } from "./enrollment/skip-reasons";
import { statusesWith } from "./form/statuses";
import { withTags } from "./form/tags";

it("counts skipped leads by their reason, the most frequent first", () => {
  const skipped = ["suppressed", "already_enrolled", "suppressed", "some_new_code"].map((code) => ({ code }));
  expect(bySkipCode(skipped).map(({ why, number }) => [why, number])).toEqual([
    ["On the suppression list", 2],
    ["Already in this sequence", 1],
    ["Some new code", 1],
  ]);
});

it("offers the engine's statuses, those in use and the one that is chosen", () => {
  expect(statusesWith(["won", "new", "won"], "lost").slice(-3)).toEqual(["bounced", "lost", "won"]);
});

it("adds tags as they are typed, each once", () => {
  expect(withTags(["trial"], " vip, trial;  two  words ,")).toEqual(["trial", "vip", "two words"]);
});

it("tells the time of day in a zone, and knows what is none", () => {
  expect(timeIn("Asia/Tokyo", Date.parse("2026-11-27T10:00:00Z"))).toBe("Fri 19:00");
  expect(timeIn("Mars/Olympus")).toBeNull();
});
