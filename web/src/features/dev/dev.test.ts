import { expect, it } from "vitest";
import { duration } from "./durations";
import { CLASSIFICATIONS, understoodAs } from "./mail/classifications";
import { mailPage } from "./mail/mail-frame";

it.each([
  ["3", "days", "P3D"],
  ["12", "hours", "PT12H"],
  ["90", "minutes", "PT90M"],
  ["0", "days", null],
  ["-1", "days", null],
  ["1.5", "hours", null],
  ["", "hours", null],
  ["3651", "days", null],
] as const)("%j %s are %j", (amount, unit, iso) => {
  expect(duration(amount, unit)).toBe(iso);
});

it("puts the policy that fetches nothing before anything of the mail", () => {
  const page = mailPage(
    '<html><head><meta http-equiv="refresh"></head><img src="https://t.example/o.gif"></html>',
  );
  expect(page.indexOf("default-src 'none'")).toBeGreaterThan(0);
  expect(page.indexOf("default-src 'none'")).toBeLessThan(page.indexOf("refresh"));
  expect(page).toContain("img-src data:");
  expect(page).not.toMatch(/script-src|'self'/);
});

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
    title: "An automatic reply",
    follows: CLASSIFICATIONS.auto_reply?.follows,
    facts: [
      ["Rule", "Auto submitted"],
      ["Matched by", "References"],
      ["Back on", "2026-12-20"],
    ],
  });
  expect(understoodAs({ ...answer, classification: "some_new_one" }).title).toBe("Some new one");
});
