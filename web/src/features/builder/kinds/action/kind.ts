import { Zap } from "lucide-react";
import { type Raw, textOf } from "../../model/config";
import type { StepKind } from "../kind";
import { ActionEditor } from "./editor";
import { actionSummary } from "./summary";

export const action: StepKind = {
  type: "action",
  label: "Action",
  hint: "Change the lead, notify a user, call a webhook",
  icon: Zap,
  tone: "red",
  key: "action",
  config: () => ({ action: "mark_qualified" }),
  summary: actionSummary,
  fieldPaths: (config: Raw) => ["action", ...(FIELDS.get(textOf(config, "action")) ?? [])],
  Editor: ActionEditor,
};

const FIELDS = new Map([
  ["update_status", ["status"]],
  ["tag_lead", ["add", "remove"]],
  ["assign_to_user", ["user_id"]],
  ["notify_user", ["user_id", "message"]],
  ["add_to_campaign", ["campaign_id"]],
  ["webhook", ["url", "body"]],
]);
