import { Clock } from "lucide-react";
import type { Kind } from "../kind";

export const delay: Kind = {
  type: "delay",
  label: "Wait",
  hint: "Let time pass",
  icon: Clock,
  tone: "amber",
  key: "wait",
  config: () => ({ days: 3 }),
};
