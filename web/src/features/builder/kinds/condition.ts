import { Split } from "lucide-react";
import { plural } from "@/lib/format";
import { isAlways } from "../draft/condition-words";
import { isObject, list } from "../draft/json";
import type { Kind } from "./kind";

export const condition: Kind = {
  type: "condition",
  label: "Condition",
  hint: "Branch on what the lead did or is",
  icon: Split,
  tone: "violet",
  key: "check",
  config: () => ({ branches: [{ if: "opened", then: { continue: true } }], else: { continue: true } }),
  summary: ({ config }) => {
    const tests = list(config.branches).map((branch) => (isObject(branch) ? branch.if : undefined));
    if (tests.length === 1 && isAlways(tests[0])) return "Goes elsewhere";
    return plural(tests.length, "branch", "branches");
  },
};
