import { CircleAlert } from "lucide-react";
import { useMemo } from "react";
import { asSentence } from "@/lib/sentence";
import styles from "../fields/fields.module.css";
import { JsonField } from "../fields/json-field";
import { placeProblems } from "../fields/problems";
import { ProblemsContext, useProblem } from "../fields/problems-context";
import { kindOf } from "../kinds";
import type { DraftStep, StepProblem } from "../model/step";
import { CommonFields } from "./common-fields";
import { fieldPathsOf } from "./field-paths";

export interface StepPanelProps {
  sequenceId: string;
  step: DraftStep;
  steps: readonly DraftStep[];
  problems: readonly StepProblem[];
  onChange: (step: DraftStep) => void;
}

/** Everything that can be edited about a step. A problem that the server found stands beside the field that it is about.
 * Each step needs a panel of its own (`key`): the open tab and half-typed text of one step must not show in the next. */
export function StepPanel({ sequenceId, step, steps, problems, onChange }: StepPanelProps) {
  const placed = useMemo(() => placeProblems(problems, fieldPathsOf(step)), [problems, step]);
  const { Editor } = kindOf(step.type);
  return (
    <ProblemsContext value={placed}>
      <div className={styles.panel}>
        <Problems problems={placed.rest} />
        <CommonFields step={step} steps={steps} onChange={onChange} />
        <Editor
          sequenceId={sequenceId}
          step={step}
          steps={steps}
          config={step.config}
          onConfig={(config) => onChange({ ...step, config })}
        />
        <Metadata step={step} onChange={onChange} />
      </div>
    </ProblemsContext>
  );
}

function Problems({ problems }: { problems: readonly StepProblem[] }) {
  if (problems.length === 0) return null;
  return (
    <ul className={styles.problems} aria-label="What keeps this step from running">
      {problems.map((problem) => (
        <li key={`${problem.field} ${problem.code} ${problem.detail}`}>
          <CircleAlert size={14} aria-hidden="true" />
          {asSentence(problem.detail)}
        </li>
      ))}
    </ul>
  );
}

function Metadata({ step, onChange }: { step: DraftStep; onChange: (step: DraftStep) => void }) {
  const problem = useProblem("metadata");
  return (
    <details className={styles.details} open={problem === undefined ? undefined : true}>
      <summary>Notes for other programs</summary>
      <JsonField
        label="Metadata"
        hint="Stored with the step for other programs. Cadenza does not read it."
        value={step.metadata}
        error={problem}
        onChange={(metadata = {}) => onChange({ ...step, metadata })}
      />
    </details>
  );
}
