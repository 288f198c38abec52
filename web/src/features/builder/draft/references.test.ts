import { expect, it } from "vitest";
import { step } from "../model/fixtures";
import { referencesTo, withRenamedKey } from "./references";

const steps = [
  step("intro", "email", { subject: "intro" }),
  step("scoped", "condition", {
    branches: [{ if: { any: ["if_opened", { not: { if_clicked: { step: "intro", within_days: 2 } } }] } }],
  }),
  step("ways", "condition", {
    branches: [{ if: "always", then: { goto: "intro" } }],
    else: { goto: "other" },
  }),
  step("waits", "wait_for", { event: "intro", on_event: { continue: true }, on_timeout: { goto: "intro" } }),
  step("else", "condition", { branches: [], else: { goto: "intro" } }),
  step("none", "action", { action: "update_status", status: "intro" }),
];

it("finds every step that names a key", () => {
  expect(referencesTo("intro", steps).map((one) => one.key)).toEqual(["scoped", "ways", "waits", "else"]);
});

it("renames a key wherever it is named, and nothing else", () => {
  const renamed = withRenamedKey(steps, "intro", "hello");
  const text = JSON.stringify(steps)
    .replaceAll('"goto":"intro"', '"goto":"hello"')
    .replaceAll('"step":"intro"', '"step":"hello"');
  expect(JSON.parse(JSON.stringify(renamed))).toEqual(JSON.parse(text));
  expect(referencesTo("intro", renamed)).toEqual([]);
  expect(renamed[5]).toBe(steps[5]);
});
