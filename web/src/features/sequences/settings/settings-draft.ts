import type { SendWindow, SequenceResponse, SequenceSettings, SequenceUpdate } from "@/api/schema";

/** The settings of a sequence while they are edited. A number is null while its field is empty. */
export type SettingsDraft = Omit<SequenceSettings, "auto_reply_hold_days" | "reenroll_after_days"> & {
  auto_reply_hold_days: number | null;
  reenroll_after_days: number | null;
};

export interface Draft {
  name: string;
  description: string;
  settings: SettingsDraft;
}

/** The server's default window: Monday to Friday, nine to five, in the lead's time zone. */
export const USUAL_WINDOW: SendWindow = {
  days: ["mon", "tue", "wed", "thu", "fri"],
  start: "09:00",
  end: "17:00",
  timezone: "lead",
  holidays: [],
};

export const WEEK: readonly SendWindow["days"][number][] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

export function draftOf({ name, description, settings }: SequenceResponse): Draft {
  return { name, description, settings: { ...settings } };
}

/** The settings to send: only those that differ, since everything that is sent counts as an edit. Null if none
 * differ. */
export function changesOf(sequence: SequenceResponse, draft: Draft): SequenceUpdate | null {
  const changes: SequenceUpdate = {};
  if (draft.name !== sequence.name) changes.name = draft.name;
  if (draft.description !== sequence.description) changes.description = draft.description;
  const before = sequence.settings as Record<string, unknown>;
  const changed = Object.entries(draft.settings).filter(
    ([field, value]) => JSON.stringify(value) !== JSON.stringify(before[field]),
  );
  // The server keeps settings that are not sent and refuses an empty number.
  if (changed.length > 0) changes.settings = Object.fromEntries(changed) as SequenceSettings;
  return Object.keys(changes).length > 0 ? changes : null;
}

/** The days in the order of the week, with one added or removed. */
export function withDay(
  days: SendWindow["days"],
  day: SendWindow["days"][number],
  on: boolean,
): SendWindow["days"] {
  return WEEK.filter((one) => (one === day ? on : days.includes(one)));
}

/** `de, us-ca` becomes `["DE", "US-CA"]`. */
export function holidayCodes(text: string): string[] {
  const codes = text.split(/[\s,;]+/).map((code) => code.toUpperCase());
  return [...new Set(codes.filter(Boolean))];
}
