import { Plus, X } from "lucide-react";
import { Button } from "@/ui/inputs/button";
import { TextField } from "@/ui/inputs/field";
import styles from "./lead-form.module.css";
import type { CustomRow } from "./lead-values";

/** The custom fields of a lead, as pairs of a name and a value. */
export function CustomFields({
  rows,
  error,
  onChange,
}: {
  rows: readonly CustomRow[];
  error: string | undefined;
  onChange: (rows: CustomRow[]) => void;
}) {
  const change = (id: number, changed: Partial<CustomRow>) =>
    onChange(rows.map((row) => (row.id === id ? { ...row, ...changed } : row)));
  const add = () =>
    onChange([...rows, { id: Math.max(-1, ...rows.map((row) => row.id)) + 1, name: "", value: "" }]);
  return (
    <fieldset className={styles.custom}>
      <legend>Custom fields</legend>
      {rows.map((row, place) => (
        <div key={row.id} className={styles.pair}>
          <TextField
            label={`Name of field ${place + 1}`}
            hideLabel
            placeholder="Name"
            value={row.name}
            onChange={(event) => change(row.id, { name: event.target.value })}
          />
          <TextField
            label={`Value of ${row.name || `field ${place + 1}`}`}
            hideLabel
            placeholder="Value"
            value={row.value}
            onChange={(event) => change(row.id, { value: event.target.value })}
          />
          <Button
            look="quiet"
            icon
            aria-label={`Remove ${row.name || `field ${place + 1}`}`}
            onClick={() => onChange(rows.filter((other) => other.id !== row.id))}
          >
            <X />
          </Button>
        </div>
      ))}
      {error && (
        <p className={styles.error} role="alert">
          {error}
        </p>
      )}
      <Button size="sm" onClick={add}>
        <Plus /> Add a field
      </Button>
    </fieldset>
  );
}
