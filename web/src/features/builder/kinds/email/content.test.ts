import { describe, expect, it } from "vitest";
import type { DraftStep } from "../../model/step";
import { contentOf, sharesOf, threadSubject, withVariant } from "./content";

const OWN = { subject: "S", body_text: "T", body_html: "H" };

describe("what is sent of a variant", () => {
  it.each([
    [{}, OWN],
    [{ subject: "s" }, { ...OWN, subject: "s" }],
    [{ body_text: "t" }, { subject: "S", body_text: "t", body_html: "" }],
    [{ body_html: "h" }, { subject: "S", body_text: "", body_html: "h" }],
    [
      { body_text: "t", body_html: "h" },
      { subject: "S", body_text: "t", body_html: "h" },
    ],
  ])("%o", (variant, content) => {
    expect(contentOf({ ...OWN, variants: [variant] }, 0)).toEqual(content);
    expect(contentOf({ ...OWN, variants: [variant] }, "own")).toEqual(OWN);
  });
});

it("divides leads by weight; a missing weight is 1", () => {
  expect(sharesOf([{ weight: 2 }, {}, { weight: 0 }])).toEqual([2 / 3, 1 / 3, 0]);
  expect(sharesOf([{ weight: 0 }])).toEqual([0]);
});

it("adds the first variant as a pair with different names", () => {
  expect(withVariant([]).map((one) => one.name)).toEqual(["A", "B"]);
  expect(withVariant([{ name: "B" }, { name: "A" }]).map((one) => one.name)).toEqual(["B", "A", "C"]);
});

it("finds the subject of the thread", () => {
  const step = (key: string, type: DraftStep["type"], config: Record<string, unknown>): DraftStep => ({
    key,
    name: "",
    type,
    delay_days: 0,
    delay_hours: 0,
    delay_minutes: 0,
    config,
    metadata: {},
  });
  const steps = [
    step("a", "email", { subject: "First" }),
    step("b", "email", { variants: [{ subject: "Second" }] }),
    step("c", "email", { subject: "" }),
    step("d", "delay", { subject: "none" }),
    step("e", "email", { subject: "Own" }),
  ];
  expect(steps.map((one) => threadSubject(one, steps))).toEqual([
    null,
    "First",
    "Second",
    "Second",
    "Second",
  ]);
});
