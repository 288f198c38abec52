import { useEffect, useState } from "react";
import { statusesWith } from "@/features/leads/statuses";
import { words } from "@/lib/format";
import { SelectField, TextField } from "@/ui/field";
import styles from "./enroll.module.css";
import type { LeadFilter } from "./queries";

/** How long after the last letter it is searched, in milliseconds. */
const PAUSE = 250;

export function LeadFilters({
  filter,
  onChange,
}: {
  filter: LeadFilter;
  onChange: (changed: LeadFilter) => void;
}) {
  return (
    <search className={styles.filters}>
      <Typed
        label="Search leads"
        placeholder="Search address, name or company"
        value={filter.search ?? ""}
        onChange={(search) => onChange({ ...filter, search })}
      />
      <SelectField
        label="Status"
        hideLabel
        value={filter.status ?? ""}
        onChange={(event) => onChange({ ...filter, status: event.target.value })}
      >
        <option value="">Any status</option>
        {statusesWith([], filter.status).map((status) => (
          <option key={status} value={status}>
            {words(status)}
          </option>
        ))}
      </SelectField>
      <Typed
        label="Tag"
        placeholder="Any tag"
        value={filter.tag ?? ""}
        onChange={(tag) => onChange({ ...filter, tag })}
      />
    </search>
  );
}

function Typed({
  label,
  placeholder,
  value,
  onChange,
}: {
  label: string;
  placeholder: string;
  value: string;
  onChange: (text: string) => void;
}) {
  const [typed, setTyped] = useState(value);
  useEffect(() => {
    const text = typed.trim();
    if (text === value) return;
    const timer = setTimeout(() => onChange(text), PAUSE);
    return () => clearTimeout(timer);
  }, [typed, value, onChange]);
  return (
    <TextField
      label={label}
      hideLabel
      type="search"
      placeholder={placeholder}
      value={typed}
      onChange={(event) => setTyped(event.target.value)}
    />
  );
}
