import { SelectField, TextField } from "@/ui/inputs/field";
import { isRaw, type Raw, textOf } from "../model/config";
import type { DraftStep } from "../model/step";
import styles from "./fields.module.css";
import { useProblem } from "./problems-context";

interface OutcomeFieldProps {
  label: string;
  path: string;
  /** An outcome that is missing continues. */
  outcome: unknown;
  /** The step that this is a way out of. */
  step: DraftStep;
  steps: readonly DraftStep[];
  onChange: (outcome: Record<string, unknown>) => void;
}

const GOTO = "goto:";

/** Chooses where a way leads: on, to a step, or to a stop (with an optional reason). */
export function OutcomeField({ label, path, outcome, step, steps, onChange }: OutcomeFieldProps) {
  const problem = useProblem(path);
  const raw: Raw = isRaw(outcome) ? outcome : {};
  const goto = typeof raw.goto === "string" ? raw.goto : undefined;
  const stops = raw.stop === true;
  const here = steps.findIndex((other) => other.key === step.key);
  const next = steps[here + 1];
  return (
    <div className={styles.fields}>
      <SelectField
        label={label}
        value={goto === undefined ? (stops ? "stop" : "continue") : GOTO + goto}
        error={problem}
        onChange={(event) => onChange(chosen(event.target.value))}
      >
        <option value="continue">
          {next === undefined ? "Complete the sequence: this is the last step" : `Continue to ${named(next)}`}
        </option>
        <option value="stop">Stop the sequence for the lead</option>
        {goto !== undefined && !steps.some((other) => other.key === goto) && (
          <option value={GOTO + goto}>Go to {goto} (there is no such step)</option>
        )}
        {steps.map((other, index) => (
          <option key={other.key} value={GOTO + other.key}>
            {index <= here ? "Go back to" : "Go to"} {index + 1}. {named(other)}
          </option>
        ))}
      </SelectField>
      {stops && (
        <TextField
          label="Reason"
          hideLabel
          placeholder="Reason, for reports (optional)"
          maxLength={100}
          value={textOf(raw, "reason")}
          onChange={(event) =>
            onChange({ stop: true, ...(event.target.value === "" ? {} : { reason: event.target.value }) })
          }
        />
      )}
    </div>
  );
}

function chosen(way: string): Record<string, unknown> {
  if (way.startsWith(GOTO)) return { goto: way.slice(GOTO.length) };
  return way === "stop" ? { stop: true } : { continue: true };
}

function named(step: DraftStep): string {
  return step.name || step.key;
}
