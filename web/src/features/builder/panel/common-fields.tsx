import { useState } from "react";
import { plural } from "@/lib/format";
import { TextField } from "@/ui/inputs/field";
import { referencesTo } from "../draft/references";
import { DurationFields } from "../fields/duration-fields";
import styles from "../fields/fields.module.css";
import { useAnyProblem, useProblem } from "../fields/problems-context";
import { kindOf } from "../kinds";
import type { DraftStep } from "../model/step";

interface CommonFieldsProps {
  step: DraftStep;
  steps: readonly DraftStep[];
  onChange: (step: DraftStep) => void;
}

/** The fields of every step type: a name, a key, and a wait before the step. */
export function CommonFields({ step, steps, onChange }: CommonFieldsProps) {
  return (
    <div className={styles.fields}>
      <div className={styles.names}>
        <TextField
          label="Name"
          value={step.name}
          maxLength={200}
          placeholder={step.key}
          error={useProblem("name")}
          onChange={(event) => onChange({ ...step, name: event.target.value })}
        />
        <KeyField step={step} steps={steps} onChange={(key) => onChange({ ...step, key })} />
      </div>
      <OwnDelay step={step} onChange={onChange} />
    </div>
  );
}

function OwnDelay({ step, onChange }: Pick<CommonFieldsProps, "step" | "onChange">) {
  const fields = (
    <DurationFields
      legend="Waits before it runs"
      path="delay_"
      days={step.delay_days}
      hours={step.delay_hours}
      minutes={step.delay_minutes}
      onChange={({ days, hours, minutes }) =>
        onChange({ ...step, delay_days: days, delay_hours: hours, delay_minutes: minutes })
      }
    />
  );
  const waits = step.delay_days + step.delay_hours + step.delay_minutes > 0;
  const problem = useAnyProblem("delay_days", "delay_hours", "delay_minutes");
  // A step that is a wait itself seldom needs a second one.
  const isWait = kindOf(step.type).isWait === true;
  const [folded] = useState(isWait && !waits);
  if (!folded) return fields;
  return (
    <details className={styles.details} open={problem || undefined}>
      <summary>Wait before this step, too</summary>
      {fields}
    </details>
  );
}

const KEY = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/;

/** A key is reported when the field is left and only if it is valid: half-typed keys would rename references. */
function KeyField({
  step,
  steps,
  onChange,
}: {
  step: DraftStep;
  steps: readonly DraftStep[];
  onChange: (key: string) => void;
}) {
  const [writing, setWriting] = useState({ of: step.key, typed: step.key });
  const [touched, setTouched] = useState(false);
  // Text that was typed for another key (before an undo) does not belong to this one.
  const typed = writing.of === step.key ? writing.typed : step.key;
  const problem = useProblem("key");
  const wrong = wrongWith(typed, step, steps);
  function leave() {
    if (typed !== step.key && wrong === undefined) onChange(typed);
  }
  return (
    <TextField
      label="Key"
      className={styles.mono ?? ""}
      value={typed}
      spellCheck={false}
      autoComplete="off"
      error={wrong ?? problem}
      hint={touched && wrong === undefined ? whatItMeans(typed, step, steps) : undefined}
      onFocus={() => setTouched(true)}
      onChange={(event) => setWriting({ of: step.key, typed: event.target.value })}
      onBlur={leave}
      onKeyDown={(event) => event.key === "Enter" && leave()}
    />
  );
}

function wrongWith(key: string, step: DraftStep, steps: readonly DraftStep[]): string | undefined {
  if (!KEY.test(key)) return "Letters, digits, “-”, “_” and “.”, beginning with a letter or digit.";
  const taken = key !== step.key && steps.some((other) => other.key === key);
  return taken ? "Another step has this key." : undefined;
}

function whatItMeans(key: string, step: DraftStep, steps: readonly DraftStep[]): string {
  const named = referencesTo(step.key, steps).length;
  if (key === step.key) return "Branches and files refer to the step by this key.";
  const inFiles = "If this sequence is kept as a file, a new key makes a new step.";
  return named === 0
    ? inFiles
    : `${plural(named, "step refers", "steps refer")} to “${step.key}”. ${inFiles}`;
}
