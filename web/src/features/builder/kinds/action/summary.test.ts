import { expect, it } from "vitest";
import { actionSummary } from "./summary";

it.each([
  [{ action: "tag_lead", add: ["a", "b"], remove: ["c"] }, "Tags: adds a, b; removes c"],
  [{ action: "tag_lead" }, "No tags yet"],
  [{ action: "update_status", status: "hot" }, "Sets the status to hot"],
  [{ action: "webhook", url: "https://crm.example.com/hooks?key=1" }, "Calls crm.example.com"],
  [{ action: "webhook", url: "crm" }, "Calls a URL"],
  [{ action: "add_to_campaign", stop_current: true }, "Moves the lead to a campaign, and ends here"],
  [{ action: "set_field" }, "Set field"],
  [{ action: "toString" }, "ToString"],
  [{}, "No action yet"],
])("summarizes %o", (config, sentence) => {
  expect(actionSummary(config)).toBe(sentence);
});
