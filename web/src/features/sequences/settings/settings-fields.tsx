import type { FormProblem } from "@/api/fields";
import { CheckField, SelectField } from "@/ui/inputs/field";
import { NumberField } from "@/ui/inputs/number-field";
import { Fieldset } from "@/ui/overlays/form-dialog";
import type { SettingsDraft } from "./settings-draft";

export interface PartProps {
  settings: SettingsDraft;
  set: (changed: Partial<SettingsDraft>) => void;
  problem: FormProblem;
}

export function ReplyFields({ settings, set, problem }: PartProps) {
  return (
    <Fieldset legend="Replies">
      <CheckField
        label="A reply qualifies the lead"
        hint="Sets the lead's status to qualified. A reply ends the sequence for the lead either way."
        checked={settings.reply_marks_qualified}
        onChange={(event) => set({ reply_marks_qualified: event.target.checked })}
      />
      <SelectField
        label="When a colleague replies"
        hint="What becomes of a lead when somebody else of the same company domain has answered."
        value={settings.on_company_reply}
        onChange={(event) => set({ on_company_reply: oneOf(COLLEAGUE, event.target.value) })}
      >
        <option value="ignore">The lead goes on</option>
        <option value="pause">The lead is paused until somebody resumes it</option>
        <option value="stop">The lead is stopped</option>
      </SelectField>
      <NumberField
        label="Days to wait after an out-of-office reply"
        hint="How long an absence that names no date of return holds the next step."
        min={0}
        max={365}
        value={settings.auto_reply_hold_days ?? undefined}
        error={problem.of("settings.auto_reply_hold_days")}
        onChange={(days) => set({ auto_reply_hold_days: days ?? null })}
      />
    </Fieldset>
  );
}

export function TrackingFields({ settings, set }: PartProps) {
  return (
    <Fieldset legend="Tracking">
      <CheckField
        label="Track opens"
        hint="Puts a picture into HTML emails; loading it is an open."
        checked={settings.track_opens}
        onChange={(event) => set({ track_opens: event.target.checked })}
      />
      <CheckField
        label="Track clicks"
        hint="Leads the links of HTML emails by way of this installation."
        checked={settings.track_clicks}
        onChange={(event) => set({ track_clicks: event.target.checked })}
      />
    </Fieldset>
  );
}

export function EnrollmentFields({ settings, set, problem }: PartProps) {
  return (
    <Fieldset legend="Enrollment">
      <CheckField
        label="Exclusive"
        hint="A lead of this sequence is in no other: it takes none that is in another, and no other takes its leads."
        checked={settings.exclusive}
        onChange={(event) => set({ exclusive: event.target.checked })}
      />
      <CheckField
        label="Leads may enter again"
        hint="Without it, a lead that has been in this sequence never enters it again."
        checked={settings.allow_reenrollment}
        onChange={(event) => set({ allow_reenrollment: event.target.checked })}
      />
      {settings.allow_reenrollment && (
        <NumberField
          label="Days before they may"
          hint="Counted from the end of the lead's last time in it; 0 is at once."
          min={0}
          max={3650}
          value={settings.reenroll_after_days ?? undefined}
          error={problem.of("settings.reenroll_after_days")}
          onChange={(days) => set({ reenroll_after_days: days ?? null })}
        />
      )}
    </Fieldset>
  );
}

export function VersionFields({ settings, set }: PartProps) {
  return (
    <Fieldset legend="Reliability">
      <SelectField
        label="When a new version is published"
        hint="Whether leads on their way take up what is published later."
        value={settings.versioning}
        onChange={(event) => set({ versioning: oneOf(VERSIONING, event.target.value) })}
      >
        <option value="follow_latest">Leads move to the latest version</option>
        <option value="pin">Leads end on the version they began with</option>
      </SelectField>
      <SelectField
        label="When it is unknown whether an email left"
        hint="After a crash in the very moment of handing it over: an email is lost, or may come twice."
        value={settings.unknown_outcome}
        onChange={(event) => set({ unknown_outcome: oneOf(UNKNOWN, event.target.value) })}
      >
        <option value="skip">Go on without it</option>
        <option value="resend">Send it again, under the same Message-ID</option>
      </SelectField>
    </Fieldset>
  );
}

const COLLEAGUE = ["ignore", "pause", "stop"] as const;
const VERSIONING = ["follow_latest", "pin"] as const;
const UNKNOWN = ["skip", "resend"] as const;

/** Finds the value that belongs to the text of a select. */
function oneOf<Value extends string>(values: readonly [Value, ...Value[]], text: string): Value {
  return values.find((value) => value === text) ?? values[0];
}
