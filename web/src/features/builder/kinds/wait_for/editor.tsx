import { useState } from "react";
import { SelectField, TextField } from "@/ui/inputs/field";
import { NumberField } from "@/ui/inputs/number-field";
import styles from "../../fields/fields.module.css";
import { Group } from "../../fields/group";
import { OutcomeField } from "../../fields/outcome-field";
import { useProblem } from "../../fields/problems-context";
import { numberOf, patched, textOf } from "../../model/config";
import type { EditorProps } from "../kind";

const KNOWN: Record<string, string> = {
  opened: "The lead opens an email",
  clicked: "The lead clicks a link",
  replied: "The lead replies",
};
const CUSTOM = "custom";

export function WaitForEditor({ step, steps, config, onConfig }: EditorProps) {
  const change = (changes: Record<string, unknown>) => onConfig(patched(config, changes));
  const event = textOf(config, "event");
  // While a name is typed, it may equal `opened` for a moment. It stays a name until another event is chosen.
  const [custom, setCustom] = useState(!Object.hasOwn(KNOWN, event));
  const problem = useProblem("config.event");
  function choose(value: string) {
    setCustom(value === CUSTOM);
    change({ event: value === CUSTOM ? "" : value });
  }
  const way = { step, steps };
  return (
    <>
      <Group title="Wait for an event">
        <SelectField
          label="Until"
          value={custom ? CUSTOM : event}
          error={custom ? undefined : problem}
          onChange={(changed) => choose(changed.target.value)}
        >
          {Object.entries(KNOWN).map(([name, label]) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
          <option value={CUSTOM}>Another event happens…</option>
        </SelectField>
        {custom && (
          <TextField
            label="Name of the event"
            className={styles.mono ?? ""}
            value={event}
            maxLength={100}
            placeholder="webinar_registered"
            hint="As your program reports it: POST /leads/{id}/events with this name."
            error={problem}
            onChange={(changed) => change({ event: changed.target.value })}
          />
        )}
        <NumberField
          label="For at most"
          unit="days"
          fractions
          min={0}
          max={3650}
          value={numberOf(config, "timeout_days")}
          error={useProblem("config.timeout_days")}
          hint="Events since the last email count, too."
          onChange={(timeout_days) => change({ timeout_days })}
        />
      </Group>
      <Group title="Then">
        <OutcomeField
          {...way}
          label="When it happens"
          path="config.on_event"
          outcome={config.on_event}
          onChange={(on_event) => change({ on_event })}
        />
        <OutcomeField
          {...way}
          label="When the time is over"
          path="config.on_timeout"
          outcome={config.on_timeout}
          onChange={(on_timeout) => change({ on_timeout })}
        />
      </Group>
    </>
  );
}
