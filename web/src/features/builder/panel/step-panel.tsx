import { TextField } from "@/ui/field";
import type { DraftStep, StepProblem } from "../model";

export interface StepPanelProps {
  sequenceId: string;
  step: DraftStep;
  steps: readonly DraftStep[];
  problems: readonly StepProblem[];
  onChange: (step: DraftStep) => void;
}

export function StepPanel({ step, problems, onChange }: StepPanelProps) {
  return (
    <>
      <TextField
        label="Name"
        value={step.name}
        onChange={(event) => onChange({ ...step, name: event.target.value })}
      />
      {problems.map((problem) => (
        <p key={problem.field + problem.code}>{problem.detail}</p>
      ))}
    </>
  );
}
