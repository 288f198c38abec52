import { Zap } from "lucide-react";
import { words } from "@/lib/format";
import { list, text } from "../draft/json";
import type { DraftStep } from "../model";
import type { Kind } from "./kind";

type Config = DraftStep["config"];

/** By the name of the action; one that is not here is told by its name. */
const SAID: Record<string, (config: Config) => string> = {
  update_status: (config) => `Set status to ${text(config.status) || "…"}`,
  mark_qualified: () => "Mark as qualified",
  tag_lead: (config) =>
    [
      ...list(config.add).map((tag) => `+ ${String(tag)}`),
      ...list(config.remove).map((tag) => `− ${String(tag)}`),
    ].join("  ") || "Change tags",
  notify_user: (config) => text(config.message) || "Notify a user",
  assign_to_user: () => "Assign to a user",
  add_to_campaign: (config) =>
    config.stop_current === true ? "Move to another campaign" : "Add to a campaign",
  webhook: (config) => text(config.url) || "Call a webhook",
};

export const action: Kind = {
  type: "action",
  label: "Action",
  hint: "Change the lead, tell somebody, call a webhook",
  icon: Zap,
  tone: "red",
  key: "action",
  config: () => ({ action: "mark_qualified" }),
  summary: ({ config }) => {
    const name = text(config.action);
    return SAID[name]?.(config) ?? words(name);
  },
};
