import { describe, expect, it } from "vitest";
import { placeOf } from "./problem-place";

const STEPS = [
  { key: "intro", name: "Introduction" },
  { key: "interest", name: "" },
];

describe("the place of a problem", () => {
  it.each([
    ["steps[0].config.subject", "Introduction, subject"],
    ["steps[0].config.variants[1].body_text", "Introduction, variant 2, body text"],
    ["steps[1].config.branches[0].then.goto", "interest, branch 1"],
    ["steps[1]", "interest"],
    ["steps[4].config.mailbox_id", "Step 5, mailbox id"],
    ["settings.mailbox_ids[0]", "Mailbox id 1"],
    ["settings.send_window.start", "Send window, start"],
    ["steps", "Steps"],
  ])("%s is %s", (field, said) => {
    expect(placeOf(field, STEPS)).toBe(said);
  });
});
