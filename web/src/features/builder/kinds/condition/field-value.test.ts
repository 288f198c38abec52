import { expect, it } from "vitest";
import { asKind, kindsOf, valueFor, valueKind } from "./field-value";

it.each([
  ["eq", "pro", "text"],
  ["eq", 3, "number"],
  ["ne", false, "yes_no"],
  ["in", ["a"], "list"],
  ["in", "a", "text"],
  ["in", undefined, "list"],
  ["exists", "left over", "none"],
  ["eq", null, "other"],
  ["eq", { a: 1 }, "other"],
  ["eq", ["a"], "other"],
])("%s %o is written as %s", (op, value, kind) => {
  expect(valueKind(op, value)).toBe(kind);
});

it("keeps as much of a value as the new operator allows", () => {
  expect([
    valueFor("ne", "pro"),
    valueFor("in", "pro"),
    valueFor("in", ""),
    valueFor("eq", ["a", "b"]),
    valueFor("gt", "42"),
    valueFor("gt", "many"),
    valueFor("exists", "pro"),
    valueFor("not_in", ["a"]),
    valueFor("contains", true),
  ]).toEqual(["pro", ["pro"], [], "a", 42, 0, undefined, ["a"], true]);
});

it("converts a value to the chosen kind", () => {
  expect([asKind("number", "7"), asKind("yes_no", "yes"), asKind("text", 7), asKind("text", null)]).toEqual([
    7,
    true,
    "7",
    "",
  ]);
  for (const op of ["eq", "gt", "in", "exists"])
    for (const kind of kindsOf(op)) expect(valueKind(op, asKind(kind, "1"))).toBe(kind);
});
