import { Split } from "lucide-react";
import type { Kind } from "../kind";

export const condition: Kind = {
  type: "condition",
  label: "Condition",
  hint: "Branch on what the lead did or is",
  icon: Split,
  tone: "violet",
  key: "check",
  config: () => ({ branches: [{ if: "opened", then: { continue: true } }], else: { continue: true } }),
};
