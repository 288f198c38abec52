import { words } from "@/lib/format";
import { listOf, type Raw, textOf } from "../../model/config";

/** What the action does, in words; the name of an action that the browser does not know. */
export function actionSummary(config: Raw): string {
  const action = textOf(config, "action");
  if (action === "") return "No action yet";
  return ACTIONS.get(action)?.(config) ?? words(action);
}

const ACTIONS = new Map<string, (config: Raw) => string>([
  ["update_status", (config) => `Sets the status to ${textOf(config, "status") || "…"}`],
  ["mark_qualified", () => "Marks the lead as qualified"],
  ["tag_lead", tagSummary],
  ["notify_user", (config) => `Notifies a user: ${textOf(config, "message") || "…"}`],
  ["assign_to_user", () => "Makes a user the lead’s owner"],
  [
    "add_to_campaign",
    (config) =>
      config.stop_current === true
        ? "Moves the lead to a campaign, and ends here"
        : "Adds the lead to a campaign",
  ],
  ["webhook", (config) => `Calls ${hostOf(textOf(config, "url"))}`],
]);

function tagSummary(config: Raw): string {
  const add = listOf(config, "add").map(String);
  const remove = listOf(config, "remove").map(String);
  const parts = [
    add.length > 0 ? `adds ${add.join(", ")}` : "",
    remove.length > 0 ? `removes ${remove.join(", ")}` : "",
  ].filter(Boolean);
  return parts.length === 0 ? "No tags yet" : `Tags: ${parts.join("; ")}`;
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "a URL";
}
