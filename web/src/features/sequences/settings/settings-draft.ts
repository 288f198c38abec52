import type { SendWindow, SequenceResponse, SequenceSettings, SequenceUpdate } from "@/api/schema";

/** A sequence's settings while they are being edited. A number is null while its field is empty. */
export type SettingsDraft = Omit<SequenceSettings, "auto_reply_hold_days" | "reenroll_after_days"> & {
  auto_reply_hold_days: number | null;
  reenroll_after_days: number | null;
};

export interface Draft {
  name: string;
  description: string;
  settings: SettingsDraft;
}

/** Monday to Friday, nine to five, where the lead is: what the server takes for a window of which nothing is said. */
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

/** What to send of an edited draft: only what differs, for what is sent counts as an edit. Null when nothing does. */
export function changesOf(sequence: SequenceResponse, draft: Draft): SequenceUpdate | null {
  const changes: SequenceUpdate = {};
  if (draft.name !== sequence.name) changes.name = draft.name;
  if (draft.description !== sequence.description) changes.description = draft.description;
  const before = sequence.settings as Record<string, unknown>;
  const changed = Object.entries(draft.settings).filter(
    ([field, value]) => JSON.stringify(value) !== JSON.stringify(before[field]),
  );
  // The server leaves settings that are not named as they are, and says of an empty number that it is none.
  if (changed.length > 0) changes.settings = Object.fromEntries(changed) as SequenceSettings;
  return Object.keys(changes).length > 0 ? changes : null;
}

/** The days in the order of the week, with one more or one less. */
export function withDay(
  days: SendWindow["days"],
  day: SendWindow["days"][number],
  on: boolean,
): SendWindow["days"] {
  return WEEK.filter((one) => (one === day ? on : days.includes(one)));
}

/** `de, us-ca` as `["DE", "US-CA"]`. */
export function holidayCodes(text: string): string[] {
  const codes = text.split(/[\s,;]+/).map((code) => code.toUpperCase());
  return [...new Set(codes.filter(Boolean))];
}
