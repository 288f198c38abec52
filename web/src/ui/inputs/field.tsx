import { type ComponentProps, type ReactNode, useId } from "react";
import styles from "./field.module.css";

interface FieldProps {
  label: string;
  hint?: ReactNode;
  /** What is wrong with the value, for a person. */
  error?: string | undefined;
  /** The label is for screen readers only: a search box, a cell of a table. */
  hideLabel?: boolean;
  children: (control: ControlProps) => ReactNode;
}

/** Attributes for the control inside, so that its label, hint and error are read out with it. */
export interface ControlProps {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": true | undefined;
}

export function Field({ label, hint, error, hideLabel = false, children }: FieldProps) {
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={hideLabel ? "visually-hidden" : styles.label}>
        {label}
      </label>
      {children({ id, "aria-describedby": described || undefined, "aria-invalid": error ? true : undefined })}
      {hint && (
        <p id={`${id}-hint`} className={styles.hint}>
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} className={styles.error}>
          {error}
        </p>
      )}
    </div>
  );
}

type Labelled<Element extends "input" | "textarea" | "select"> = ComponentProps<Element> &
  Omit<FieldProps, "children">;

export function TextField({ label, hint, error, hideLabel = false, ...rest }: Labelled<"input">) {
  return (
    <Field label={label} hint={hint} error={error} hideLabel={hideLabel}>
      {(control) => (
        <input type="text" {...rest} {...control} className={`${styles.control} ${rest.className ?? ""}`} />
      )}
    </Field>
  );
}

export function TextArea({ label, hint, error, hideLabel = false, ...rest }: Labelled<"textarea">) {
  return (
    <Field label={label} hint={hint} error={error} hideLabel={hideLabel}>
      {(control) => (
        <textarea
          rows={6}
          {...rest}
          {...control}
          className={`${styles.control} ${styles.area} ${rest.className ?? ""}`}
        />
      )}
    </Field>
  );
}

export function SelectField({ label, hint, error, hideLabel = false, ...rest }: Labelled<"select">) {
  return (
    <Field label={label} hint={hint} error={error} hideLabel={hideLabel}>
      {(control) => (
        <select
          {...rest}
          {...control}
          className={`${styles.control} ${styles.select} ${rest.className ?? ""}`}
        />
      )}
    </Field>
  );
}

export function CheckField({
  label,
  hint,
  ...rest
}: Omit<ComponentProps<"input">, "type"> & { label: string; hint?: string }) {
  const id = useId();
  return (
    <div className={styles.check}>
      <input {...rest} id={id} type="checkbox" aria-describedby={hint ? `${id}-hint` : undefined} />
      <div>
        <label htmlFor={id}>{label}</label>
        {hint && (
          <p id={`${id}-hint`} className={styles.hint}>
            {hint}
          </p>
        )}
      </div>
    </div>
  );
}
