import type { DraftStep } from "../model";
import { readTest, stepsOf } from "./condition-tree";
import { isRaw, listOf } from "./config";

/** What steps say of each other by their keys: where a branch leads, and whose email a condition is about. */

/** The steps that name this key. */
export function referencesTo(key: string, steps: readonly DraftStep[]): DraftStep[] {
  return steps.filter((step) => keysIn(step).includes(key));
}

function keysIn(step: DraftStep): string[] {
  const { config } = step;
  if (step.type === "wait_for") return [config.on_event, config.on_timeout].flatMap(gotoOf);
  if (step.type !== "condition") return [];
  const branches = listOf(config, "branches").filter(isRaw);
  return [
    ...branches.flatMap((branch) => [...gotoOf(branch.then), ...stepsOf(readTest(branch.if))]),
    ...gotoOf(config.else),
  ];
}

function gotoOf(outcome: unknown): string[] {
  return isRaw(outcome) && typeof outcome.goto === "string" ? [outcome.goto] : [];
}
