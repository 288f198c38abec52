import { expect, it } from "vitest";
import { delaySummary } from "./summary";

it.each([
  [{ days: 3 }, "Waits 3 days"],
  [{ days: 1, hours: 2, minutes: 30 }, "Waits 1 day 2 hours 30 minutes"],
  [
    { days: 3, business_days: true, send_time: "09:30" },
    "Waits 3 business days, then until 09:30 on a business day in the lead’s zone",
  ],
  [{ send_time: "09:30", timezone: "Europe/Berlin" }, "Waits until 09:30 in Europe/Berlin"],
  [
    { days: 1, business_hours_only: true, timezone: "lead" },
    "Waits 1 day, then for business hours (Monday to Friday, 9 to 17) in the lead’s zone",
  ],
  [{ days: 0, business_days: true }, "No wait set yet"],
  [{}, "No wait set yet"],
])("summarizes %o", (config, sentence) => {
  expect(delaySummary(config)).toBe(sentence);
});
