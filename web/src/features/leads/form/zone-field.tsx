import { timeIn, ZONES } from "@/lib/time-zones";
import { Combobox } from "@/ui/inputs/combobox";

const UNKNOWN = { value: "", label: "Not known" };
const OPTIONS = [UNKNOWN, ...ZONES.map((zone) => ({ value: zone, label: zone }))];

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
  const now = value ? timeIn(value) : null;
  return (
    <Combobox
      label="Time zone"
      options={OPTIONS}
      value={value}
      error={error}
      {...(now ? { hint: `It is ${now} there` } : {})}
      onChange={onChange}
    />
  );
}
