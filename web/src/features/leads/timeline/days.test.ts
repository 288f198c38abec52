import { expect, it } from "vitest";
import { byDay } from "./days";

const entry = (id: string, at: Date) => ({
  id,
  at: at.toISOString(),
  kind: "log" as const,
  event: "waiting",
  step_key: null,
  enrollment_id: null,
  detail: {},
});

it("puts entries under their day, in the order in which they come", () => {
  const now = new Date(2026, 10, 27, 12);
  const days = byDay(
    [
      entry("c", new Date(2027, 0, 2, 9)),
      entry("b", new Date(2026, 10, 27, 23, 59)),
      entry("a", new Date(2026, 10, 27, 0, 1)),
      entry("z", new Date(2026, 10, 26, 23, 59)),
    ],
    now.getTime(),
  );
  expect(days.map((day) => [day.title, day.entries.map((one) => one.id)])).toEqual([
    ["Saturday, January 2, 2027", ["c"]],
    ["Today", ["b", "a"]],
    ["Thursday, November 26", ["z"]],
  ]);
});
