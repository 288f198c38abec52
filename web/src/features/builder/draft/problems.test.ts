import { describe, expect, it } from "vitest";
import { step } from "../model/fixtures";
import { draftOf } from "./fixtures";
import { problemsOf } from "./problems";

describe("problems", () => {
  it("go to the step at their index, all others to the sequence", () => {
    const found = [
      { field: "steps[1].config.subject", code: "unknown_field", detail: "x" },
      { field: "steps[1].key", code: "duplicate_step_key", detail: "y" },
      { field: "steps[0]", code: "cycle_without_delay", detail: "z" },
      { field: "steps[7].key", code: "missing", detail: "beyond" },
      { field: "steps", code: "no_steps", detail: "none" },
      { field: "postal_address", code: "postal_address_missing", detail: "address" },
    ];
    const { byStep, general, count } = problemsOf(draftOf(step("a"), step("b")), found);
    expect([...byStep].map(([uid, list]) => [uid, list.map((problem) => problem.field)])).toEqual([
      ["b", ["config.subject", "key"]],
      ["a", [""]],
    ]);
    expect(general.map((problem) => problem.detail)).toEqual(["beyond", "none", "address"]);
    expect(count).toBe(6);
  });
});
