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
        hint="What happens to a lead when somebody else of the same company domain has replied."
        value={settings.on_company_reply}
        onChange={(event) => set({ on_company_reply: oneOf(COLLEAGUE, event.target.value) })}
      >
        <option value="ignore">The lead continues</option>
        <option value="pause">The lead is paused until somebody resumes it</option>
        <option value="stop">The lead is stopped</option>
      </SelectField>
      <NumberField
        label="Days to wait after an out-of-office reply"
        hint="How long the next step waits if the auto-reply names no date of return."
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
        hint="Adds an image to HTML emails; loading it counts as an open."
        checked={settings.track_opens}
        onChange={(event) => set({ track_opens: event.target.checked })}
      />
      <CheckField
        label="Track clicks"
        hint="Routes the links of HTML emails through this installation."
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
        hint="Leads of this sequence are in no other one: it takes no lead of another sequence, and no other takes its leads."
        checked={settings.exclusive}
        onChange={(event) => set({ exclusive: event.target.checked })}
      />
      <CheckField
        label="Leads may enter again"
        hint="Without it, a lead can be enrolled in this sequence only once."
        checked={settings.allow_reenrollment}
        onChange={(event) => set({ allow_reenrollment: event.target.checked })}
      />
      {settings.allow_reenrollment && (
        <NumberField
          label="Days before they may"
          hint="Counted from the end of the lead's last enrollment; 0 is at once."
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
        hint="Whether enrolled leads move to later versions."
        value={settings.versioning}
        onChange={(event) => set({ versioning: oneOf(VERSIONING, event.target.value) })}
      >
        <option value="follow_latest">Leads move to the latest version</option>
        <option value="pin">Leads stay on the version that they started with</option>
      </SelectField>
      <SelectField
        label="When it is unknown whether an email was sent"
        hint="After a crash while an email was being sent: the email is lost, or may arrive twice."
        value={settings.unknown_outcome}
        onChange={(event) => set({ unknown_outcome: oneOf(UNKNOWN, event.target.value) })}
      >
        <option value="skip">Continue without it</option>
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
