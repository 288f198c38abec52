import type { FormProblem } from "@/api/fields";
import { words } from "@/lib/format";
import { CheckField, TextField } from "@/ui/inputs/field";
import { Row } from "@/ui/overlays/form-dialog";
import { type MailboxValues, WEEK, type Weekday } from "./mailbox-values";
import styles from "./mailboxes.module.css";

type Hours = MailboxValues["working_hours"];

export function HoursFields({
  values,
  problem,
  onChange,
}: {
  values: Hours;
  problem: FormProblem;
  onChange: (hours: Hours) => void;
}) {
  function toggle(day: Weekday, on: boolean) {
    onChange({
      ...values,
      days: on ? [...values.days, day] : values.days.filter((one) => one !== day),
    });
  }
  const clock = (name: "start" | "end") => ({
    value: values[name],
    error: problem.of(`working_hours.${name}`),
    onChange: (event: { target: { value: string } }) => onChange({ ...values, [name]: event.target.value }),
  });
  const wrongDays = problem.of("working_hours.days");
  return (
    <>
      <CheckField
        label="Working hours"
        hint="Without them it sends at any hour that the sequence allows."
        checked={values.on}
        onChange={(event) => onChange({ ...values, on: event.target.checked })}
      />
      {values.on && (
        <>
          <div className={styles.days}>
            {WEEK.map((day) => (
              <CheckField
                key={day}
                label={words(day)}
                aria-invalid={wrongDays ? true : undefined}
                checked={values.days.includes(day)}
                onChange={(event) => toggle(day, event.target.checked)}
              />
            ))}
          </div>
          {wrongDays && (
            <p role="alert" className={styles.wrong}>
              {wrongDays}
            </p>
          )}
          <Row>
            <TextField label="From" placeholder="09:00" {...clock("start")} />
            <TextField label="To" placeholder="17:00" hint="At most 24:00." {...clock("end")} />
          </Row>
        </>
      )}
    </>
  );
}
