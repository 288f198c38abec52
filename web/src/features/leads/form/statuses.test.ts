import { expect, it } from "vitest";
import { statusesWith } from "./statuses";

it("offers the engine's statuses, those in use and the one that is chosen", () => {
  expect(statusesWith(["won", "new", "won"], "lost").slice(-3)).toEqual(["bounced", "lost", "won"]);
});
