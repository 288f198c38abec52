import { describe, expect, it } from "vitest";
import type { DraftStep, StepProblem } from "../model/step";
import { fieldsOf, isInside, placeProblems } from "./problems";

function step(type: DraftStep["type"], config: Record<string, unknown>): DraftStep {
  return { key: "a", name: "", type, delay_days: 0, delay_hours: 0, delay_minutes: 0, config, metadata: {} };
}

function placed(one: DraftStep, field: string) {
  const problem: StepProblem = { field, code: "c", detail: "d" };
  const { byField, rest } = placeProblems([problem], fieldsOf(one));
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
