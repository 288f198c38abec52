import { CheckField, SelectField } from "@/ui/inputs/field";
import { NumberField } from "@/ui/inputs/number-field";
import { numberOf, textOf } from "../../model/config";
import type { DraftStep } from "../../model/step";
import { isEmail } from "../email/content";
import styles from "./condition.module.css";
import { type Leaf, scoped, scopeOf } from "./condition-tree";

interface LeafEditorProps {
  leaf: Leaf;
  steps: readonly DraftStep[];
  onChange: (leaf: Leaf) => void;
}

/** Limits a leaf to one email and to a number of days after it. */
export function LeafEditor({ leaf, steps, onChange }: LeafEditorProps) {
  const scope = scopeOf(leaf);
  const step = textOf(scope, "step");
  const days = numberOf(scope, "within_days");
  const emails = steps.filter((other) => isEmail(other) || other.key === step);
  if (leaf.name === "always" && Object.keys(scope).length === 0) return null;
  return (
    <>
      <div className={styles.scope}>
        <SelectField
          label="Of which email"
          hideLabel
          value={step}
          onChange={(event) => onChange(scoped(leaf, { step: event.target.value || undefined }))}
        >
          <option value="">any email</option>
          {step !== "" && !emails.some((other) => other.key === step) && (
            <option value={step}>{step} (there is no such step)</option>
          )}
          {emails.map((other) => (
            <option key={other.key} value={other.key}>
              {other.name || other.key}
            </option>
          ))}
        </SelectField>
        <NumberField
          label="Within days of it"
          hideLabel
          fractions
          min={0}
          max={3650}
          placeholder="any time"
          unit={days === undefined ? undefined : "days"}
          value={days}
          onChange={(days) => onChange(scoped(leaf, { within_days: days }))}
        />
      </div>
      {leaf.name.endsWith("replied") && (
        <p className={styles.lead}>
          A reply stops the sequence before any branch is decided, unless a step waits for it.
        </p>
      )}
      {scope.include_machine === true && (
        <CheckField
          label="Machines count, too"
          hint="A mail client’s prefetch, a scanner."
          checked
          onChange={() => onChange(scoped(leaf, { include_machine: undefined }))}
        />
      )}
    </>
  );
}
