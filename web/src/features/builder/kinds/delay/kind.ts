import { Clock } from "lucide-react";
import type { StepKind } from "../kind";
import { DelayEditor } from "./editor";
import { delaySummary } from "./summary";

export const delay: StepKind = {
  type: "delay",
  label: "Wait",
  hint: "Let time pass",
  icon: Clock,
  tone: "amber",
  key: "wait",
  config: () => ({ days: 3 }),
  summary: delaySummary,
  fieldPaths: () => [
    "days",
    "hours",
    "minutes",
    "send_time",
    "business_days",
    "business_hours_only",
    "timezone",
  ],
  isWait: true,
  Editor: DelayEditor,
};
