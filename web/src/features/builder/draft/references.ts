import {
  changedBranch,
  mapLeaves,
  readTest,
  scoped,
  scopeOf,
  stepsOf,
  writeTest,
} from "../kinds/condition/condition-tree";
import { isRaw, listOf, patched, type Raw } from "../model/config";
import type { DraftStep } from "../model/step";

/** What steps say of each other by their keys: where a branch leads, and whose email a condition is about. */

/** The steps that name this key. */
export function referencesTo(key: string, steps: readonly DraftStep[]): DraftStep[] {
  return steps.filter((step) => keysIn(step).includes(key));
}

/** All steps, with every mention of a key as the new one. */
export function withRenamedKey(steps: readonly DraftStep[], from: string, to: string): DraftStep[] {
  return steps.map((step) => (keysIn(step).includes(from) ? renamedIn(step, from, to) : step));
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

function renamedIn(step: DraftStep, from: string, to: string): DraftStep {
  const outcome = (raw: unknown) => (isRaw(raw) && raw.goto === from ? { ...raw, goto: to } : raw);
  const branch = (raw: unknown) =>
    isRaw(raw) ? changedBranch(raw, renamedInTest(raw.if, from, to), outcome(raw.then)) : raw;
  const changes: Raw =
    step.type === "wait_for"
      ? { on_event: outcome(step.config.on_event), on_timeout: outcome(step.config.on_timeout) }
      : { branches: listOf(step.config, "branches").map(branch), else: outcome(step.config.else) };
  return { ...step, config: patched(step.config, changes) };
}

function renamedInTest(raw: unknown, from: string, to: string): unknown {
  const test = mapLeaves(readTest(raw), (leaf) =>
    scopeOf(leaf).step === from ? scoped(leaf, { step: to }) : leaf,
  );
  return writeTest(test);
}
