import { kindOf } from "../kinds";
import type { DraftStep } from "../model/step";

const COMMON = ["key", "name", "delay_days", "delay_hours", "delay_minutes", "metadata"];

/** The paths of all fields that the panel shows for a step. */
export function fieldPathsOf(step: DraftStep): string[] {
  const own = kindOf(step.type).fieldPaths(step.config);
  return [...COMMON, ...own.map((path) => (path === "" ? "config" : `config.${path}`))];
}
