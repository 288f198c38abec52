import { Ear } from "lucide-react";
import type { StepKind } from "../kind";
import { WaitForEditor } from "./editor";
import { waitForBranching } from "./outlets";
import { waitForSummary } from "./summary";

export const waitFor: StepKind = {
  type: "wait_for",
  label: "Wait for event",
  hint: "Continue when the lead does something",
  icon: Ear,
  tone: "green",
  key: "wait-for",
  config: () => ({
    event: "clicked",
    timeout_days: 3,
    on_event: { continue: true },
    on_timeout: { continue: true },
  }),
  summary: waitForSummary,
  branching: waitForBranching,
  fieldPaths: () => ["event", "timeout_days", "on_event", "on_timeout"],
  Editor: WaitForEditor,
};
