/** What the builder edits: the steps of a sequence as they are being written. */

export type StepType = "email" | "delay" | "condition" | "action" | "wait_for";

/** A step as the API takes it, without its position: that is its place in the array. */
export type DraftStep = {
  key: string;
  name: string;
  type: StepType;
  delay_days: number;
  delay_hours: number;
  delay_minutes: number;
  /** What the type wants, see docs/steps.md. It may be incomplete while it is being written. */
  config: Record<string, unknown>;
  metadata: Record<string, unknown>;
};

/** Something that keeps a step from running. */
export interface StepProblem {
  /** Inside the step, for example `config.subject`. */
  field: string;
  code: string;
  detail: string;
}
