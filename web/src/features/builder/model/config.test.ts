import { expect, it } from "vitest";
import { moved, patched, replaced, without } from "./config";

it("changes fields in their place and keeps what it does not know", () => {
  const raw = { mine: 1, subject: "a", gone: true };
  expect(Object.entries(patched(raw, { subject: "b", gone: undefined, more: 2 }))).toEqual([
    ["mine", 1],
    ["subject", "b"],
    ["more", 2],
  ]);
  expect(raw).toEqual({ mine: 1, subject: "a", gone: true });
});

it("moves within a list, and not out of it", () => {
  expect([moved(["a", "b", "c"], 1, -1), moved(["a", "b", "c"], 1, 1)]).toEqual([
    ["b", "a", "c"],
    ["a", "c", "b"],
  ]);
  expect([moved(["a", "b"], 0, -1), moved(["a", "b"], 1, 1), moved([], 0, 1)]).toEqual([
    ["a", "b"],
    ["a", "b"],
    [],
  ]);
  expect([replaced(["a", "b"], 1, "c"), without(["a", "b"], 0)]).toEqual([["a", "c"], ["b"]]);
});
