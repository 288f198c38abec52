/** What the builder edits: the steps of a sequence while they are being written. */

/** The name of a step type: one of `kinds/`, or one that only the server knows (docs/extending.md). */
export type StepType = string;

/** A step as the API takes it, without its position: that is its place in the array. */
export type DraftStep = {
  key: string;
  name: string;
  type: StepType;
  delay_days: number;
  delay_hours: number;
  delay_minutes: number;
  /** What the type needs, see docs/steps.md. It may be incomplete while it is being written. */
  config: Record<string, unknown>;
  metadata: Record<string, unknown>;
};

/** Something that keeps a step from running. */
export interface StepProblem {
  /** A path inside the step, for example `config.subject`. */
  field: string;
  code: string;
  detail: string;
}
