import { describe, expect, it } from "vitest";
import {
  changedBranch,
  grouped,
  type Leaf,
  negated,
  newTest,
  pathsOf,
  readTest,
  renamedLeaf,
  scoped,
  stepsOf,
  ungrouped,
  withAnother,
  writeTest,
} from "./condition-tree";

function leaf(raw: unknown): Leaf {
  const test = readTest(raw);
  if (test.kind !== "leaf") throw new Error("no leaf");
  return test;
}

/** Every form that the API accepts, and some that it refuses: an editor must not lose those either. */
const FORMS: readonly unknown[] = [
  "opened",
  "if_opened",
  "clicked_twice",
  { opened: true },
  { if_not_opened: null },
  { opened: {} },
  { if_opened: { step: "intro", within_days: 1.5, include_machine: false } },
  { always: { step: "intro" } },
  { field: "custom.plan", op: "eq", value: "pro" },
  { value: null, op: "in", field: "lead.tags" },
  { field: "title", op: "exists" },
  { any: ["replied"] },
  { all: [] },
  { not: { not: "if_replied" } },
  {
    all: [
      { any: ["clicked", { opened: { step: "a" } }] },
      { not: { field: "company", op: "in", value: ["A", 2] } },
    ],
  },
  {},
  { any: "opened" },
  { opened: 3 },
  { opened: {}, clicked: {} },
  null,
  undefined,
  7,
  [],
];

describe("reading and writing a condition", () => {
  it.each(FORMS.map((form) => [JSON.stringify(form) ?? "undefined", form]))(
    "keeps %s as it is",
    (_, form) => {
      expect(writeTest(readTest(form))).toEqual(form);
    },
  );

  it("keeps any nesting of these", () => {
    let raw: unknown = "opened";
    for (const [depth, form] of FORMS.entries()) {
      raw = depth % 3 === 0 ? { not: raw } : { [depth % 3 === 1 ? "any" : "all"]: [form, raw] };
      expect(writeTest(readTest(raw))).toEqual(raw);
    }
  });
});

describe("editing a condition", () => {
  it("keeps the prefix of a leaf and the part of its scope that the new name allows", () => {
    const opened = leaf({ if_opened: { step: "intro", include_machine: true } });
    expect(writeTest(renamedLeaf(opened, "not_clicked"))).toEqual({
      if_not_clicked: { step: "intro", include_machine: true },
    });
    expect(writeTest(renamedLeaf(opened, "replied"))).toEqual({ if_replied: { step: "intro" } });
    expect(writeTest(renamedLeaf(opened, "always"))).toBe("if_always");
    expect(writeTest(renamedLeaf(leaf("opened"), "bounced"))).toBe("bounced");
  });

  it("writes a scope only where there is one", () => {
    const scope = scoped(leaf("opened"), { within_days: 3 });
    expect(writeTest(scope)).toEqual({ opened: { within_days: 3 } });
    expect(writeTest(scoped(scope, { within_days: undefined }))).toBe("opened");
    expect(writeTest(scoped(leaf({ opened: true }), { step: "a" }))).toEqual({ opened: { step: "a" } });
  });

  it("negates and groups tests, and undoes both", () => {
    const test = readTest("opened");
    expect(writeTest(negated(test))).toEqual({ not: "opened" });
    expect(negated(negated(test))).toEqual(test);
    expect(writeTest(grouped(test, "any"))).toEqual({ any: ["opened"] });
    expect(ungrouped(grouped(test, "any"))).toEqual(test);
    const two = readTest({ any: ["opened", "clicked"] });
    expect(ungrouped(two)).toBe(two);
  });

  it("puts another test beside one, or into its group", () => {
    expect(writeTest(withAnother(readTest("clicked"), newTest()))).toEqual({ all: ["clicked", "opened"] });
    expect(writeTest(withAnother(readTest({ any: ["clicked"] }), newTest()))).toEqual({
      any: ["clicked", "opened"],
    });
  });

  it("names each part as the server does, and the steps that it is about", () => {
    const test = readTest({
      all: ["opened", { any: [{ not: { clicked: { step: "b" } } }, { opened: { step: "a" } }] }],
    });
    expect(pathsOf(test, "if")).toEqual([
      "if",
      "if.all[0]",
      "if.all[1]",
      "if.all[1].any[0]",
      "if.all[1].any[0].not",
      "if.all[1].any[1]",
    ]);
    expect(stepsOf(test)).toEqual(["b", "a"]);
  });

  it("changes a branch in its place, and keeps what it does not know", () => {
    const branch = { then: { stop: true }, if: "opened", note: "mine" };
    expect(Object.entries(changedBranch(branch, "clicked", { continue: true }))).toEqual([
      ["then", { continue: true }],
      ["if", "clicked"],
      ["note", "mine"],
    ]);
  });
});
