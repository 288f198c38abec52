import type { DraftStep, StepType } from "./step";

/** A step for tests. */
export function step(
  key: string,
  type: StepType = "email",
  config: DraftStep["config"] = {},
  more: Partial<DraftStep> = {},
): DraftStep {
  return {
    key,
    name: "",
    type,
    delay_days: 0,
    delay_hours: 0,
    delay_minutes: 0,
    config,
    metadata: {},
    ...more,
  };
}
