import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import type { SendWindow } from "@/api/schema";
import { words } from "@/lib/format";
import { ZONES } from "@/lib/time-zones";
import { CheckField, SelectField, TextField } from "@/ui/inputs/field";
import { Fieldset, Row } from "@/ui/overlays/form-dialog";
import { Failed } from "@/ui/page/states";
import { mailboxesQuery } from "../queries";
import styles from "./sending-fields.module.css";
import { holidayCodes, USUAL_WINDOW, WEEK, withDay } from "./settings-draft";
import type { PartProps } from "./settings-fields";

export function SendingFields(part: PartProps) {
  const { settings, set, problem } = part;
  return (
    <Fieldset legend="Sending">
      <ZoneField
        label="Time zone"
        hint="For leads whose time zone is not known."
        value={settings.timezone}
        error={problem.of("settings.timezone")}
        onChange={(timezone) => set({ timezone })}
      />
      <CheckField
        label="Only within a send window"
        hint="Without one, emails are sent at any hour of any day."
        checked={settings.send_window !== null}
        onChange={(event) => set({ send_window: event.target.checked ? USUAL_WINDOW : null })}
      />
      {settings.send_window && <WindowFields {...part} window={settings.send_window} />}
      <Mailboxes {...part} />
    </Fieldset>
  );
}

function WindowFields({ window, set, problem }: PartProps & { window: SendWindow }) {
  const [holidays, setHolidays] = useState(window.holidays.join(", "));
  const change = (changed: Partial<SendWindow>) => set({ send_window: { ...window, ...changed } });
  const of = (field: string) => problem.of(`settings.send_window.${field}`);
  return (
    <div className={styles.window}>
      {problem.of("settings.send_window") && (
        <p className={styles.fault} role="alert">
          {problem.of("settings.send_window")}
        </p>
      )}
      <Days days={window.days} error={of("days")} onChange={(days) => change({ days })} />
      <Row>
        <TextField
          label="Opens at"
          inputMode="numeric"
          placeholder="09:00"
          value={window.start}
          error={of("start")}
          onChange={(event) => change({ start: event.target.value })}
        />
        <TextField
          label="Closes at"
          inputMode="numeric"
          placeholder="17:00"
          hint="At most 24:00. A time before the opening time is on the next day."
          value={window.end}
          error={of("end")}
          onChange={(event) => change({ end: event.target.value })}
        />
      </Row>
      <WindowZone
        value={window.timezone}
        error={of("timezone")}
        onChange={(timezone) => change({ timezone })}
      />
      <TextField
        label="Not on the public holidays of"
        placeholder="DE, US-CA"
        hint="Countries, or parts of them, by their ISO 3166 codes."
        value={holidays}
        error={of("holidays")}
        onChange={(event) => {
          setHolidays(event.target.value);
          change({ holidays: holidayCodes(event.target.value) });
        }}
      />
    </div>
  );
}

function Days({
  days,
  error,
  onChange,
}: {
  days: SendWindow["days"];
  error: string | undefined;
  onChange: (days: SendWindow["days"]) => void;
}) {
  const id = useId();
  return (
    <fieldset className={styles.days} aria-describedby={error ? id : undefined}>
      <legend>Days</legend>
      <div>
        {WEEK.map((day) => (
          <label key={day}>
            <input
              type="checkbox"
              className="visually-hidden"
              checked={days.includes(day)}
              onChange={(event) => onChange(withDay(days, day, event.target.checked))}
            />
            <span>{words(day)}</span>
          </label>
        ))}
      </div>
      {error && (
        <p id={id} className={styles.fault}>
          {error}
        </p>
      )}
    </fieldset>
  );
}

const CLOCKS: Record<string, string> = {
  lead: "The lead's",
  sequence: "The sequence's",
  mailbox: "The sending mailbox's",
};

function WindowZone({
  value,
  error,
  onChange,
}: {
  value: string;
  error: string | undefined;
  onChange: (zone: string) => void;
}) {
  const own = !(value in CLOCKS);
  return (
    <>
      <SelectField
        label="In whose time zone"
        hint={own ? undefined : "If that is not known, the sequence's time zone counts."}
        value={own ? "own" : value}
        error={own ? undefined : error}
        onChange={(event) => onChange(event.target.value === "own" ? "" : event.target.value)}
      >
        {Object.entries(CLOCKS).map(([clock, label]) => (
          <option key={clock} value={clock}>
            {label}
          </option>
        ))}
        <option value="own">One fixed time zone</option>
      </SelectField>
      {own && <ZoneField label="Time zone of the window" value={value} error={error} onChange={onChange} />}
    </>
  );
}

function Mailboxes({ settings, set, problem }: PartProps) {
  const { data, error, refetch } = useQuery(mailboxesQuery);
  const chosen = settings.mailbox_ids;
  const known = data?.items ?? [];
  // A chosen mailbox that is not in the list any more stays chosen until it is removed.
  const others = data ? chosen.filter((id) => !known.some((mailbox) => mailbox.id === id)) : [];
  const choose = (id: string, on: boolean) =>
    set({ mailbox_ids: on ? [...chosen, id] : chosen.filter((one) => one !== id) });
  const fault = problem.of("settings.mailbox_ids");
  return (
    <fieldset className={styles.mailboxes}>
      <legend>Mailboxes</legend>
      <p className={styles.hint}>
        Leads are assigned to these mailboxes by their weights. If none is chosen, all mailboxes are used.
      </p>
      {error && <Failed error={error} retry={() => refetch()} />}
      {[
        ...known.map(({ id, email, status }) => ({
          id,
          label: status === "held" ? `${email} (held)` : email,
        })),
        ...others.map((id) => ({ id, label: `Unknown mailbox ${id}` })),
      ].map(({ id, label }) => (
        <CheckField
          key={id}
          label={label}
          checked={chosen.includes(id)}
          onChange={(event) => choose(id, event.target.checked)}
        />
      ))}
      {data && known.length === 0 && <p className={styles.hint}>There is no mailbox yet.</p>}
      {fault && (
        <p className={styles.fault} role="alert">
          {fault}
        </p>
      )}
    </fieldset>
  );
}

/** An IANA time zone, found by typing any part of its name. */
function ZoneField({
  label,
  hint,
  value,
  error,
  onChange,
}: {
  label: string;
  hint?: string;
  value: string;
  error: string | undefined;
  onChange: (zone: string) => void;
}) {
  const id = useId();
  return (
    <div>
      <TextField
        label={label}
        hint={hint}
        list={id}
        autoComplete="off"
        placeholder="Europe/Berlin"
        value={value}
        error={error}
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
