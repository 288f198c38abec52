import { describe, expect, it } from "vitest";
import { isInside, placeProblems } from "../fields/problems";
import { step as fixture } from "../model/fixtures";
import type { DraftStep, StepProblem } from "../model/step";
import { fieldPathsOf } from "./field-paths";

function step(type: DraftStep["type"], config: DraftStep["config"]): DraftStep {
  return fixture("a", type, config);
}

function placed(one: DraftStep, field: string) {
  const problem: StepProblem = { field, code: "c", detail: "d" };
  const { byField, rest } = placeProblems([problem], fieldPathsOf(one));
  expect([...byField.values()].flat().length + rest.length).toBe(1);
  return [...byField.keys()][0];
}

describe("where a problem stands", () => {
  const email = step("email", { variants: [{}, {}], auto_winner: {} });
  const nested = { all: ["opened", { any: ["clicked", { not: "replied" }] }] };
  const condition = step("condition", { branches: [{ if: nested }, {}] });
  const webhook = step("action", { action: "webhook" });

  it.each([
    [email, "config.subject", "config.subject"],
    [email, "config.variants[1].body_html", "config.variants[1].body_html"],
    [email, "config.variants[1].colour", "config.variants[1]"],
    [email, "config.variants[2].name", "config.variants"],
    [email, "config.auto_winner.certainty", "config.auto_winner.certainty"],
    [email, "config", undefined],
    [email, "", undefined],
    [email, "config.subjects", undefined],
    [condition, "config.branches[0].if.all[1].any[1]", "config.branches[0].if.all[1].any[1]"],
    [condition, "config.branches[0].if.all[1].any[7]", "config.branches[0].if.all[1]"],
    [condition, "config.branches[0].if.all[0].opened.step", "config.branches[0].if.all[0]"],
    [condition, "config.branches[1].then.goto", "config.branches[1].then"],
    [condition, "config.branches[2].if", "config.branches"],
    [condition, "config.else.reason", "config.else"],
    [webhook, "config.body.lines[0].text", "config.body"],
    [webhook, "config.message", undefined],
    [step("action", { action: "toString" }), "config.user_id", undefined],
    [step("wait_for", {}), "config.on_event.goto", "config.on_event"],
    [step("delay", {}), "config.days", "config.days"],
    [step("delay", {}), "delay_days", "delay_days"],
    [step("wait_until", {}), "config.day", "config"],
    [step("wait_until", {}), "config", "config"],
    [step("wait_until", {}), "type", undefined],
  ])("%#: %o: %s at %s", (one, field, expected) => {
    expect(placed(one, field)).toBe(expected);
  });

  it("knows what lies inside of a field", () => {
    expect([isInside("a.b", "a"), isInside("a[0]", "a"), isInside("a", "a"), isInside("ab", "a")]).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });
});
