import { plural } from "@/lib/format";
import { isObject, list, number, text } from "./json";

/** A condition in words: `{"any": ["replied", "opened"]}` as `Replied or opened`. */

const OPERATORS: Record<string, string> = {
  eq: "is",
  ne: "is not",
  gt: ">",
  gte: "≥",
  lt: "<",
  lte: "≤",
  contains: "contains",
  not_contains: "does not contain",
  in: "is one of",
  not_in: "is none of",
  exists: "is known",
  not_exists: "is not known",
};

export function wordsOfTest(test: unknown): string {
  const said = say(test, false);
  return said === "" ? "Nothing yet" : said.charAt(0).toUpperCase() + said.slice(1);
}

export function isAlways(test: unknown): boolean {
  const name = isObject(test) ? Object.keys(test)[0] : test;
  return name === "always" || name === "if_always";
}

function say(test: unknown, inside: boolean): string {
  if (typeof test === "string") return leaf(test);
  if (!isObject(test)) return "";
  if ("field" in test) return sayField(test);
  for (const [name, word] of [
    ["any", " or "],
    ["all", " and "],
  ] as const) {
    if (name in test) {
      const parts = list(test[name]).map((part) => say(part, true));
      const joined = parts.filter(Boolean).join(word);
      return inside && parts.length > 1 ? `(${joined})` : joined;
    }
  }
  if ("not" in test) return `not ${say(test.not, true)}`;
  const [name = "", scope] = Object.entries(test)[0] ?? [];
  return leaf(name) + sayScope(scope);
}

function leaf(name: string): string {
  return name.replace(/^if_/, "").replaceAll("_", " ");
}

function sayScope(scope: unknown): string {
  if (!isObject(scope)) return "";
  const step = text(scope.step) && ` “${text(scope.step)}”`;
  const days = number(scope.within_days);
  return step + (days ? ` within ${plural(days, "day")}` : "");
}

function sayField(test: Record<string, unknown>): string {
  const field = text(test.field).replace(/^custom\./, "");
  const value = Array.isArray(test.value) ? test.value.join(", ") : (test.value ?? "");
  return [field, OPERATORS[text(test.op)] ?? text(test.op), String(value)].filter(Boolean).join(" ");
}
