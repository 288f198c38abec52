import { expect, it } from "vitest";
import { duration } from "./durations";

it.each([
  ["3", "days", "P3D"],
  ["12", "hours", "PT12H"],
  ["90", "minutes", "PT90M"],
  ["0", "days", null],
  ["-1", "days", null],
  ["1.5", "hours", null],
  ["", "hours", null],
  ["3651", "days", null],
] as const)("%j %s are %j", (amount, unit, iso) => {
  expect(duration(amount, unit)).toBe(iso);
});
