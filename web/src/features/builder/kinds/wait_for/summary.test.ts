import { expect, it } from "vitest";
import { step } from "../../model/fixtures";
import { waitForSummary } from "./summary";

const intro = step("intro", "email", {}, { name: "Invitation" });

it.each([
  [{ event: "clicked", timeout_days: 5 }, "Waits up to 5 days for a click, then continue"],
  [
    { event: "webinar_attended", timeout_days: 1, on_event: { goto: "intro" } },
    "Waits up to 1 day for webinar_attended: then go to “Invitation”, else continue",
  ],
  [{ event: "constructor" }, "Waits for constructor, then continue"],
  [{}, "Waits for an event, then continue"],
])("summarizes %o", (config, sentence) => {
  expect(waitForSummary(config, [intro])).toBe(sentence);
});
