import { NumberField } from "@/ui/inputs/number-field";
import styles from "./fields.module.css";
import { useProblem } from "./problems-context";

interface Duration {
  days: number;
  hours: number;
  minutes: number;
}

interface DurationFieldsProps extends Duration {
  legend: string;
  /** The prefix of the fields' paths, for their problems: `delay_`, `config.`. */
  path: string;
  onChange: (duration: Duration) => void;
}

export function DurationFields({ legend, path, onChange, ...duration }: DurationFieldsProps) {
  return (
    <fieldset className={styles.fieldset}>
      <legend>{legend}</legend>
      <div className={styles.triple}>
        <NumberField
          label="days"
          hideLabel
          unit="days"
          min={0}
          max={3650}
          value={duration.days}
          error={useProblem(`${path}days`)}
          onChange={(days = 0) => onChange({ ...duration, days })}
        />
        <NumberField
          label="hours"
          hideLabel
          unit="hours"
          min={0}
          max={8760}
          value={duration.hours}
          error={useProblem(`${path}hours`)}
          onChange={(hours = 0) => onChange({ ...duration, hours })}
        />
        <NumberField
          label="minutes"
          hideLabel
          unit="minutes"
          min={0}
          max={525_600}
          value={duration.minutes}
          error={useProblem(`${path}minutes`)}
          onChange={(minutes = 0) => onChange({ ...duration, minutes })}
        />
      </div>
    </fieldset>
  );
}
