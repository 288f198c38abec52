import { type ComponentProps, useState } from "react";
import { Field } from "./field";
import fieldStyles from "./field.module.css";
import styles from "./number-field.module.css";

interface NumberFieldProps extends Omit<ComponentProps<"input">, "value" | "onChange" | "type" | "step"> {
  label: string;
  hint?: string;
  error?: string | undefined;
  hideLabel?: boolean;
  value: number | undefined;
  /** Undefined if the field was emptied. Not called while the text is not a number. */
  onChange: (value: number | undefined) => void;
  min?: number;
  max?: number;
  /** Allows fractions. */
  fractions?: boolean;
  /** Shown behind the number. The label should name it, too. */
  unit?: string | undefined;
}

/** A number field that keeps the typed text until it is left, so that "1." can become "1.5". */
export function NumberField({
  label,
  hint,
  error,
  hideLabel = false,
  value,
  onChange,
  fractions = false,
  unit,
  ...rest
}: NumberFieldProps) {
  const [typed, setTyped] = useState<string | null>(null);
  function type(text: string) {
    setTyped(text);
    if (text.trim() === "") onChange(undefined);
    const number = Number(text);
    if (text.trim() !== "" && Number.isFinite(number)) onChange(fractions ? number : Math.trunc(number));
  }
  return (
    <Field label={label} hint={hint} error={error} hideLabel={hideLabel}>
      {(control) => (
        <div className={styles.box}>
          <input
            {...rest}
            {...control}
            type="number"
            inputMode={fractions ? "decimal" : "numeric"}
            step={fractions ? "any" : 1}
            className={`${fieldStyles.control} ${styles.number} numeric`}
            value={typed ?? (value === undefined ? "" : String(value))}
            onChange={(event) => type(event.target.value)}
            onBlur={() => setTyped(null)}
            // Scrolling over the field must not change the number.
            onWheel={(event) => event.currentTarget.blur()}
          />
          {unit && (
            <span className={styles.unit} aria-hidden="true">
              {unit}
            </span>
          )}
        </div>
      )}
    </Field>
  );
}
