import { describe, expect, it } from "vitest";
import { insertField, insertFilter, mergeFields, testableFields } from "./templating";

describe("writing into a template", () => {
  it("puts a field at the cursor, or in the place of what is selected", () => {
    const edited = insertField("Hi NAME, bye", 3, 7, { name: "email", label: "Email" });
    expect(edited).toEqual({ text: "Hi {{ email }}, bye", start: 14, end: 14 });
  });

  it("selects the fallback, to be typed over", () => {
    const edited = insertField("Hi ,", 3, 3, { name: "first_name", label: "First name", fallback: "there" });
    expect(edited.text).toBe('Hi {{ first_name | default: "there" }},');
    expect(edited.text.slice(edited.start, edited.end)).toBe("there");
  });

  it.each([
    ["Hi {{ name| }}!", "Hi {{ name | upcase }}!"],
    ["Hi {{ name }}|!", "Hi {{ name | upcase }}!"],
    ["Hi {|{ name }}!", null],
    ["Hi |{{ name }}!", null],
    ["{{ a }} and {{ na|me }}", "{{ a }} and {{ name | upcase }}"],
    ["{{ a }} and| {{ b }}", null],
    ["{{ never closed|", null],
    ["|", null],
  ])("filters the field at the cursor: %s", (marked, expected) => {
    const edited = insertFilter(marked.replace("|", ""), marked.indexOf("|"), "upcase");
    expect(edited?.text ?? null).toBe(expected);
    if (edited) expect(edited.text.slice(0, edited.start).endsWith("| upcase")).toBe(true);
  });
});

it("offers the custom fields that a template can name", () => {
  const groups = mergeFields(["plan", "renewal date", "x-y", "1st"]);
  expect(groups.find(([name]) => name === "Custom fields")?.[1].map((field) => field.name)).toEqual([
    "custom.plan",
    "custom.x-y",
  ]);
  expect(mergeFields([]).map(([name]) => name)).not.toContain("Custom fields");
  expect(testableFields(["plan"])).toContain("custom.plan");
});
