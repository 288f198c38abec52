import type { FormProblem } from "@/api/fields";
import { CheckField, TextField } from "@/ui/inputs/field";
import { Row } from "@/ui/overlays/form-dialog";
import type { MailboxValues } from "./mailbox-values";

type Ramp = MailboxValues["ramp"];

export function RampFields({
  values,
  problem,
  onChange,
}: {
  values: Ramp;
  problem: FormProblem;
  onChange: (ramp: Ramp) => void;
}) {
  const figure = (name: "start" | "increase") => ({
    type: "number",
    inputMode: "numeric" as const,
    value: values[name],
    error: problem.of(`ramp.${name}`),
    onChange: (event: { target: { value: string } }) => onChange({ ...values, [name]: event.target.value }),
  });
  return (
    <>
      <CheckField
        label="Warm it up"
        hint="A new mailbox sends few emails at first, and more each day up to its cap."
        checked={values.on}
        onChange={(event) => onChange({ ...values, on: event.target.checked })}
      />
      {values.on && (
        <Row>
          <TextField label="On the first day" {...figure("start")} />
          <TextField label="More each day" {...figure("increase")} />
          <TextField
            label="First day"
            type="date"
            value={values.started_on}
            error={problem.of("ramp.started_on")}
            onChange={(event) => onChange({ ...values, started_on: event.target.value })}
          />
        </Row>
      )}
    </>
  );
}
