import { expect, it } from "vitest";
import { timeIn } from "./time-zones";

it("gives the time of day in a zone, and null for an unknown zone", () => {
  expect(timeIn("Asia/Tokyo", Date.parse("2026-11-27T10:00:00Z"))).toBe("Fri 19:00");
  expect(timeIn("Mars/Olympus")).toBeNull();
});
