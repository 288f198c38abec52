import { isRaw, patched, type Raw } from "../../model/config";

/** Reads the JSON of an `if` as a tree that can be edited, and writes it back. `writeTest(readTest(raw))` equals
 * `raw` for every form that the API accepts (`opened`, `if_opened`, `{opened: true}`, `{if_opened: {step}}`). What
 * cannot be read is kept as it is. */

export type Join = "any" | "all";

export type Test =
  | { kind: "group"; join: Join; tests: readonly Test[] }
  | { kind: "not"; test: Test }
  | { kind: "leaf"; name: string; prefixed: boolean; scope?: unknown }
  | { kind: "field"; raw: Raw }
  | { kind: "unread"; raw: unknown };

export type Leaf = Extract<Test, { kind: "leaf" }>;
export type FieldTest = Extract<Test, { kind: "field" }>;

export const LEAVES = [
  "replied",
  "not_replied",
  "opened",
  "not_opened",
  "clicked",
  "not_clicked",
  "bounced",
  "unsubscribed",
  "always",
] as const;

export const OPS = [
  "eq",
  "ne",
  "gt",
  "gte",
  "lt",
  "lte",
  "contains",
  "not_contains",
  "in",
  "not_in",
  "exists",
  "not_exists",
] as const;

export function readTest(raw: unknown): Test {
  if (typeof raw === "string") return { kind: "leaf", ...named(raw) };
  if (!isRaw(raw)) return { kind: "unread", raw };
  if ("field" in raw) return { kind: "field", raw };
  const [entry, ...others] = Object.entries(raw);
  if (entry === undefined || others.length > 0) return { kind: "unread", raw };
  const [name, value] = entry;
  if (name === "any" || name === "all") {
    return Array.isArray(value)
      ? { kind: "group", join: name, tests: value.map(readTest) }
      : { kind: "unread", raw };
  }
  if (name === "not") return { kind: "not", test: readTest(value) };
  if (value === true || value === null || isRaw(value)) return { kind: "leaf", ...named(name), scope: value };
  return { kind: "unread", raw };
}

export function writeTest(test: Test): unknown {
  switch (test.kind) {
    case "group":
      return { [test.join]: test.tests.map(writeTest) };
    case "not":
      return { not: writeTest(test.test) };
    case "leaf": {
      const name = test.prefixed ? `if_${test.name}` : test.name;
      return test.scope === undefined ? name : { [name]: test.scope };
    }
    default:
      return test.raw;
  }
}

export function newTest(): Test {
  return { kind: "leaf", name: "opened", prefixed: false };
}

export function newFieldTest(): Test {
  return { kind: "field", raw: { field: "status", op: "eq", value: "" } };
}

/** A branch with these parts changed. Its other parts stay. */
export function changedBranch(branch: Raw, test: unknown, outcome: unknown): Raw {
  return patched(branch, { if: test, then: outcome });
}

/** The leaf with another name. It keeps the parts of its scope that the new name allows. */
export function renamedLeaf(leaf: Leaf, name: string): Leaf {
  const next: Leaf = { ...leaf, name };
  if (name === "always") return { kind: "leaf", name, prefixed: leaf.prefixed };
  return takesMachines(name) ? next : scoped(next, { include_machine: undefined });
}

/** The leaf with its scope changed. An empty scope is removed. */
export function scoped(leaf: Leaf, changes: Raw): Leaf {
  const { scope: _, ...bare } = leaf;
  const scope = patched(scopeOf(leaf), changes);
  return Object.keys(scope).length === 0 ? bare : { ...bare, scope };
}

export function scopeOf(leaf: Leaf): Raw {
  return isRaw(leaf.scope) ? leaf.scope : {};
}

/** Whether machines can cause it, too (a prefetch, a scanner), so that the author may count those. */
export function takesMachines(name: string): boolean {
  return ["opened", "clicked"].includes(name.replace(/^not_/, ""));
}

/** Removes the `not` of a negated test; negates any other test. */
export function negated(test: Test): Test {
  return test.kind === "not" ? test.test : { kind: "not", test };
}

/** Puts a test into a group of its own. */
export function grouped(test: Test, join: Join): Test {
  return { kind: "group", join, tests: [test] };
}

/** Adds a test beside this one. A single test becomes an `all` group. */
export function withAnother(test: Test, another: Test): Test {
  if (test.kind === "group") return { ...test, tests: [...test.tests, another] };
  return { kind: "group", join: "all", tests: [test, another] };
}

/** A group of one test becomes that test. */
export function ungrouped(test: Test): Test {
  const [only, ...others] = test.kind === "group" ? test.tests : [];
  return only !== undefined && others.length === 0 ? only : test;
}

/** The paths of a test and of all its parts, as the API's problems name them. */
export function pathsOf(test: Test, path: string): string[] {
  if (test.kind === "not") return [path, ...pathsOf(test.test, `${path}.not`)];
  if (test.kind !== "group") return [path];
  return [path, ...test.tests.flatMap((child, index) => pathsOf(child, `${path}.${test.join}[${index}]`))];
}

/** The keys of the steps that a test is about. */
export function stepsOf(test: Test): string[] {
  if (test.kind === "group") return test.tests.flatMap(stepsOf);
  if (test.kind === "not") return stepsOf(test.test);
  const step = test.kind === "leaf" ? scopeOf(test).step : undefined;
  return typeof step === "string" ? [step] : [];
}

/** Applies `change` to every leaf. */
export function mapLeaves(test: Test, change: (leaf: Leaf) => Leaf): Test {
  if (test.kind === "group") return { ...test, tests: test.tests.map((child) => mapLeaves(child, change)) };
  if (test.kind === "not") return { ...test, test: mapLeaves(test.test, change) };
  return test.kind === "leaf" ? change(test) : test;
}

function named(name: string): { name: string; prefixed: boolean } {
  return name.startsWith("if_") ? { name: name.slice(3), prefixed: true } : { name, prefixed: false };
}
