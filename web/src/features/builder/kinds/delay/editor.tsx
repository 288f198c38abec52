import { useMemo } from "react";
import { Combobox } from "@/ui/inputs/combobox";
import { CheckField, TextField } from "@/ui/inputs/field";
import { DurationFields } from "../../fields/duration-fields";
import styles from "../../fields/fields.module.css";
import { Group, ProblemAt } from "../../fields/group";
import { useProblem } from "../../fields/problems-context";
import { numberOf, patched, textOf } from "../../model/config";
import type { EditorProps } from "../kind";
import { delaySummary } from "./summary";

const LEAD = "lead";

export function DelayEditor({ config, onConfig }: EditorProps) {
  const change = (changes: Record<string, unknown>) => onConfig(patched(config, changes));
  const business = config.business_days === true;
  return (
    <Group title="Delay">
      <p className={styles.says} aria-live="polite">
        {delaySummary(config)}.
      </p>
      <DurationFields
        legend={business ? "Waits, in business days" : "Waits"}
        path="config."
        days={numberOf(config, "days") ?? 0}
        hours={numberOf(config, "hours") ?? 0}
        minutes={numberOf(config, "minutes") ?? 0}
        onChange={(duration) => change({ ...duration })}
      />
      <div className={styles.pair}>
        <TextField
          label="Then until"
          type="time"
          value={textOf(config, "send_time")}
          error={useProblem("config.send_time")}
          hint="At the next moment with this time of day."
          onChange={(event) => change({ send_time: event.target.value || undefined })}
        />
        <ZoneField
          value={textOf(config, "timezone") || LEAD}
          onChange={(zone) => change({ timezone: zone === LEAD ? undefined : zone })}
        />
      </div>
      <CheckField
        label="Count business days"
        hint="Monday to Friday, without the holidays of the send window. The wait never ends on a weekend."
        checked={business}
        onChange={(event) => change({ business_days: event.target.checked || undefined })}
      />
      <ProblemAt path="config.business_days" />
      <CheckField
        label="Business hours only"
        hint="The wait ends Monday to Friday, between 9 and 17."
        checked={config.business_hours_only === true}
        onChange={(event) => change({ business_hours_only: event.target.checked || undefined })}
      />
      <ProblemAt path="config.business_hours_only" />
    </Group>
  );
}

function ZoneField({ value, onChange }: { value: string; onChange: (zone: string) => void }) {
  const options = useMemo(
    () => [
      { value: LEAD, label: "The lead’s own" },
      ...["UTC", ...Intl.supportedValuesOf("timeZone")].map((zone) => ({
        value: zone,
        label: zone.replaceAll("_", " "),
      })),
    ],
    [],
  );
  return (
    <Combobox
      label="In the time zone"
      options={options}
      value={value}
      error={useProblem("config.timezone")}
      hint="If a lead’s is not known, the sequence’s counts."
      onChange={onChange}
    />
  );
}
