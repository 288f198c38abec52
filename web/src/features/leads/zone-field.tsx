import { useId } from "react";
import { TextField } from "@/ui/field";
import { timeIn, ZONES } from "./zones";

/** An IANA time zone, found by typing any part of its name. */
export function ZoneField({
  value,
  error,
  onChange,
}: {
  value: string;
  error: string | undefined;
  onChange: (zone: string) => void;
}) {
  const id = useId();
  const now = value ? timeIn(value) : null;
  return (
    <div>
      <TextField
        label="Time zone"
        list={id}
        placeholder="Not known"
        autoComplete="off"
        value={value}
        error={error}
        hint={now ? `It is ${now} there` : undefined}
        onChange={(event) => onChange(event.target.value)}
      />
      <datalist id={id}>
        {ZONES.map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
    </div>
  );
}
