import { type FormEvent, type ReactNode, useEffect, useId, useMemo, useRef } from "react";
import { type FormProblem, formProblem } from "@/api/fields";
import { Button } from "../inputs/button";
import { Dialog } from "./dialog";
import styles from "./form-dialog.module.css";

interface FormDialogProps {
  onClose: () => void;
  title: string;
  description?: ReactNode;
  submit: string;
  busy: boolean;
  /** There is nothing to submit yet. */
  disabled?: boolean;
  problem: FormProblem;
  onSubmit: () => void;
  wide?: boolean;
  drawer?: boolean;
  children: ReactNode;
}

/** `shown` must be a constant: the fields that have an input. */
export function useFormProblem(error: unknown, shown: readonly string[]): FormProblem {
  return useMemo(() => formProblem(error, shown), [error, shown]);
}

/** A form in a dialog. Mounted only while it is open, so that it starts empty each time. */
export function FormDialog({
  onClose,
  submit,
  busy,
  disabled = false,
  problem,
  onSubmit,
  children,
  ...dialog
}: FormDialogProps) {
  const id = useId();
  return (
    <Dialog
      {...dialog}
      open
      onOpenChange={(open) => !open && onClose()}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form={id} busy={busy} disabled={disabled}>
            {submit}
          </Button>
        </>
      }
    >
      <Form id={id} problem={problem} onSubmit={onSubmit}>
        {children}
      </Form>
    </Dialog>
  );
}

/** A form whose problems stand beside its fields. After a refusal the first field with a problem gets the focus. */
export function Form({
  id,
  problem,
  onSubmit,
  children,
}: {
  id?: string;
  problem: FormProblem;
  onSubmit: () => void;
  children: ReactNode;
}) {
  const form = useRef<HTMLFormElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each answer of the server is a new problem
  useEffect(() => {
    form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus();
  }, [problem]);
  function submitted(event: FormEvent) {
    event.preventDefault();
    onSubmit();
  }
  return (
    <form id={id} ref={form} className={styles.form} onSubmit={submitted} noValidate>
      {children}
      {problem.rest && (
        <p className={styles.fault} role="alert">
          {problem.rest}
        </p>
      )}
    </form>
  );
}

/** Fields beside each other, if there is room. */
export function Row({ children }: { children: ReactNode }) {
  return <div className={styles.row}>{children}</div>;
}

/** A named group of fields. `error` is a problem of the group: none of its options was chosen. */
export function Fieldset({
  legend,
  error,
  children,
}: {
  legend: string;
  error?: string | undefined;
  children: ReactNode;
}) {
  const id = useId();
  return (
    <fieldset className={styles.fieldset} aria-describedby={error ? id : undefined}>
      <legend>{legend}</legend>
      {error && (
        <p id={id} className={styles.error} role="alert">
          {error}
        </p>
      )}
      {children}
    </fieldset>
  );
}
