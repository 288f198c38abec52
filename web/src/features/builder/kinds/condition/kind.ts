import { Split } from "lucide-react";
import { plural } from "@/lib/format";
import { isRaw, listOf, type Raw } from "../../model/config";
import type { StepKind } from "../kind";
import { pathsOf, readTest } from "./condition-tree";
import { ConditionEditor } from "./editor";
import { conditionBranching } from "./outlets";
import { conditionSummary } from "./summary";

export const condition: StepKind = {
  type: "condition",
  label: "Condition",
  hint: "Branch on what the lead did or is",
  icon: Split,
  tone: "violet",
  key: "check",
  config: () => ({ branches: [{ if: "opened", then: { continue: true } }], else: { continue: true } }),
  summary: conditionSummary,
  shortSummary: (config) => plural(listOf(config, "branches").length, "branch", "branches"),
  branching: conditionBranching,
  fieldPaths,
  Editor: ConditionEditor,
};

function fieldPaths(config: Raw): readonly string[] {
  const branches = listOf(config, "branches").flatMap((branch, index) => {
    const path = `branches[${index}]`;
    return [...pathsOf(readTest(isRaw(branch) ? branch.if : undefined), `${path}.if`), `${path}.then`];
  });
  return ["branches", ...branches, "else"];
}
