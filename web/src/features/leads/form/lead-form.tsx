import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import type { FieldProblem } from "@/api/problem";
import { sessionQuery } from "@/api/session-query";
import { SelectField, TextField } from "@/ui/inputs/field";
import { usersQuery } from "../queries";
import { CustomFields } from "./custom-fields";
import styles from "./lead-form.module.css";
import { faultOf, type LeadValues } from "./lead-values";
import { statusesWith } from "./statuses";
import { TagField } from "./tag-field";
import { ZoneField } from "./zone-field";

interface LeadFormProps {
  id: string;
  values: LeadValues;
  onChange: (values: LeadValues) => void;
  onSubmit: () => void;
  faults: readonly FieldProblem[];
}

/** All fields of a lead. The submit button is outside and refers to the form by `form={id}`. */
export function LeadForm({ id, values, onChange, onSubmit, faults }: LeadFormProps) {
  const statusesId = useId();
  const set = (changed: Partial<LeadValues>) => onChange({ ...values, ...changed });
  const text = (name: "email" | "first_name" | "last_name" | "company" | "title" | "phone") => ({
    value: values[name],
    error: faultOf(name, faults),
    onChange: (event: { target: { value: string } }) => set({ [name]: event.target.value }),
  });
  return (
    <form
      id={id}
      className={styles.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      <div className={styles.whole}>
        <TextField label="Email" type="email" autoComplete="off" {...text("email")} />
      </div>
      <TextField label="First name" autoComplete="off" {...text("first_name")} />
      <TextField label="Last name" autoComplete="off" {...text("last_name")} />
      <TextField label="Company" autoComplete="off" {...text("company")} />
      <TextField label="Title" autoComplete="off" {...text("title")} />
      <TextField label="Phone" type="tel" autoComplete="off" {...text("phone")} />
      <ZoneField
        value={values.timezone}
        error={faultOf("timezone", faults)}
        onChange={(timezone) => set({ timezone })}
      />
      <div>
        <TextField
          label="Status"
          list={statusesId}
          value={values.status}
          error={faultOf("status", faults)}
          onChange={(event) => set({ status: event.target.value })}
        />
        <datalist id={statusesId}>
          {statusesWith([]).map((status) => (
            <option key={status} value={status} />
          ))}
        </datalist>
      </div>
      <OwnerField
        value={values.owner_id}
        error={faultOf("owner_id", faults)}
        onChange={(owner_id) => set({ owner_id })}
      />
      <div className={styles.whole}>
        <TagField tags={values.tags} error={faultOf("tags", faults)} onChange={(tags) => set({ tags })} />
      </div>
      <div className={styles.whole}>
        <CustomFields
          rows={values.custom}
          error={faultOf("custom", faults)}
          onChange={(custom) => set({ custom })}
        />
      </div>
    </form>
  );
}

/** The owner of the lead. Only administrators may list users; anybody else cannot change the owner. */
function OwnerField({
  value,
  error,
  onChange,
}: {
  value: string;
  error: string | undefined;
  onChange: (owner: string) => void;
}) {
  const session = useQuery(sessionQuery);
  const may = session.data?.scopes.includes("admin") ?? false;
  const users = useQuery({ ...usersQuery, enabled: may });
  const known = users.data?.items.some((user) => user.id === value);
  return (
    <SelectField
      label="Owner"
      value={value}
      disabled={!may}
      hint={may ? undefined : "Only an administrator can change it."}
      error={error}
      onChange={(event) => onChange(event.target.value)}
    >
      <option value="">Nobody</option>
      {value && !known && <option value={value}>{may ? "Unknown user" : "Assigned"}</option>}
      {users.data?.items.map((user) => (
        <option key={user.id} value={user.id}>
          {user.name || user.email}
        </option>
      ))}
    </SelectField>
  );
}
