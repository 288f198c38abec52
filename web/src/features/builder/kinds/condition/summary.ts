import { plural } from "@/lib/format";
import { isRaw, listOf, numberOf, type Raw, textOf } from "../../model/config";
import type { DraftStep } from "../../model/step";
import { outcomeWords, quotedTitle } from "../../model/words";
import { type Leaf, readTest, scopeOf, type Test } from "./condition-tree";

/** `If opened: go to “Demo”; else stop`. */
export function conditionSummary(config: Raw, steps: readonly DraftStep[]): string {
  const branches = listOf(config, "branches").filter(isRaw);
  const first = branches[0];
  if (first === undefined) return "No branch yet";
  const begin = `If ${testWords(readTest(first.if), steps)}: ${outcomeWords(first.then, steps)}`;
  const more = branches.length > 1 ? `; ${plural(branches.length - 1, "more branch", "more branches")}` : "";
  return `${begin}${more}; else ${outcomeWords(config.else, steps)}`;
}

/** A condition in words: `opened “Intro” within 3 days or company is Acme`. */
export function testWords(test: Test, steps: readonly DraftStep[]): string {
  switch (test.kind) {
    case "leaf":
      return leafWords(test, steps);
    case "field":
      return fieldWords(test.raw);
    case "not":
      return `not ${inBrackets(test.test, steps)}`;
    case "group":
      if (test.tests.length === 0) return "nothing yet";
      return test.tests.map((child) => inBrackets(child, steps)).join(test.join === "any" ? " or " : " and ");
    case "unread":
      return "something unreadable";
  }
}

function inBrackets(test: Test, steps: readonly DraftStep[]): string {
  const inner = testWords(test, steps);
  return test.kind === "group" && test.tests.length > 1 ? `(${inner})` : inner;
}

function leafWords(leaf: Leaf, steps: readonly DraftStep[]): string {
  const scope = scopeOf(leaf);
  const step = textOf(scope, "step");
  const days = numberOf(scope, "within_days");
  return [
    leaf.name.replaceAll("_", " "),
    step === "" ? "" : quotedTitle(step, steps),
    days === undefined ? "" : `within ${plural(days, "day")}`,
    scope.include_machine === true ? "(machines too)" : "",
  ]
    .filter(Boolean)
    .join(" ");
}

export const OP_WORDS: Record<string, string> = {
  eq: "is",
  ne: "is not",
  gt: "is more than",
  gte: "is at least",
  lt: "is less than",
  lte: "is at most",
  contains: "contains",
  not_contains: "does not contain",
  in: "is one of",
  not_in: "is none of",
  exists: "is known",
  not_exists: "is not known",
};

function fieldWords(raw: Raw): string {
  const field = textOf(raw, "field").replace(/^custom\./, "") || "a field";
  const op = textOf(raw, "op");
  const value = op === "exists" || op === "not_exists" ? "" : valueWords(raw.value);
  return [field, OP_WORDS[op] ?? op, value].filter(Boolean).join(" ");
}

function valueWords(value: unknown): string {
  if (value === undefined || value === "") return "…";
  if (Array.isArray(value)) return value.map(valueWords).join(", ");
  return typeof value === "string" ? value : JSON.stringify(value);
}
