import type { FormProblem } from "@/api/fields";
import { CheckField, SelectField, TextArea, TextField } from "@/ui/inputs/field";
import { Fieldset, Row } from "@/ui/overlays/form-dialog";
import type { ServerValues } from "./mailbox-values";

/** One server of a mailbox. Its stored password is never shown. */
export function ServerFields<Values extends ServerValues & { folders?: string }>({
  legend,
  name,
  toggle,
  hint,
  values,
  problem,
  onChange,
}: {
  legend: string;
  name: "smtp" | "imap";
  toggle: string;
  hint: string;
  values: Values;
  problem: FormProblem;
  onChange: (values: Values) => void;
}) {
  const field = (part: "host" | "port" | "username" | "password") => ({
    value: values[part],
    error: problem.of(`${name}.${part}`),
    autoCapitalize: "none",
    autoComplete: "off",
    spellCheck: false,
    onChange: (event: { target: { value: string } }) => onChange({ ...values, [part]: event.target.value }),
  });
  return (
    <Fieldset legend={legend}>
      <CheckField
        label={toggle}
        hint={hint}
        checked={values.on}
        onChange={(event) => onChange({ ...values, on: event.target.checked })}
      />
      {values.on && (
        <>
          <TextField label="Host" placeholder={`${name}.acme.example`} {...field("host")} />
          <Row>
            <TextField label="Port" type="number" inputMode="numeric" {...field("port")} />
            <SelectField
              label="Security"
              value={values.security}
              error={problem.of(`${name}.security`)}
              onChange={(event) =>
                onChange({ ...values, security: event.target.value as ServerValues["security"] })
              }
            >
              <option value="starttls">STARTTLS</option>
              <option value="tls">TLS from the start</option>
              <option value="none">None: no password</option>
            </SelectField>
          </Row>
          <Row>
            <TextField label="User name" {...field("username")} />
            <TextField
              label="Password"
              type="password"
              {...field("password")}
              autoComplete="new-password"
              placeholder={values.kept ? "kept as it is" : ""}
              hint={values.kept ? "For another host, enter it again." : undefined}
            />
          </Row>
          {values.folders !== undefined && (
            <TextArea
              label="Folders"
              hint="One per line, named as on the server. Add Junk if replies end up there."
              rows={2}
              value={values.folders}
              error={problem.of(`${name}.folders`)}
              onChange={(event) => onChange({ ...values, folders: event.target.value })}
            />
          )}
        </>
      )}
    </Fieldset>
  );
}
