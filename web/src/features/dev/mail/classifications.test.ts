import { expect, it } from "vitest";
import { CLASSIFICATIONS, understoodAs } from "./classifications";

it("says what a message was taken for", () => {
  const answer = {
    classification: "auto_reply",
    matched_by: "references",
    enrollment_id: null,
    recipient: null,
    rule: "auto_submitted",
    returns_on: "2026-12-20",
  };
  expect(understoodAs(answer)).toEqual({
    title: "An auto-reply",
    follows: CLASSIFICATIONS.auto_reply?.follows,
    facts: [
      ["Rule", "Auto submitted"],
      ["Matched by", "References"],
      ["Back on", "2026-12-20"],
    ],
  });
  expect(understoodAs({ ...answer, classification: "some_new_one" }).title).toBe("Some new one");
});
