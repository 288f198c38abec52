import { Zap } from "lucide-react";
import type { Kind } from "../kind";

export const action: Kind = {
  type: "action",
  label: "Action",
  hint: "Change the lead, tell somebody, call a webhook",
  icon: Zap,
  tone: "red",
  key: "action",
  config: () => ({ action: "mark_qualified" }),
};
