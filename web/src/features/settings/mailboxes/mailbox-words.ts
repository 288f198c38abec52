import type { MailboxDetail, MailboxResponse } from "@/api/schema";
import { count, plural, words } from "@/lib/format";

/** The limits of a mailbox in words. */

const HOLDS: Record<string, string> = {
  authentication_failures: "its server does not accept its user name and password",
  messages_refused: "its server refused several messages in a row",
  bounce_rate: "too many of its last emails bounced",
  complaint_rate: "too many of its last emails caused complaints",
};

/** Why the mailbox is held; undefined if it is not. */
export function whyHeld(mailbox: Pick<MailboxResponse, "status" | "hold_reason">): string | undefined {
  if (mailbox.status !== "held") return undefined;
  const reason = mailbox.hold_reason;
  return reason === null ? "a person holds it" : (HOLDS[reason] ?? words(reason));
}

export function capsText(mailbox: Pick<MailboxResponse, "daily_cap" | "hourly_cap">): string {
  const caps = [
    mailbox.daily_cap !== null && `${count(mailbox.daily_cap)} a day`,
    mailbox.hourly_cap !== null && `${count(mailbox.hourly_cap)} an hour`,
  ].filter(Boolean);
  return caps.join(", ") || "no cap";
}

export function sentTodayText({
  sent_today,
  daily_cap,
}: Pick<MailboxDetail, "sent_today" | "daily_cap">): string {
  return daily_cap === null
    ? plural(sent_today, "email")
    : `${count(sent_today)} of ${plural(daily_cap, "email")}`;
}

export function gapText(mailbox: Pick<MailboxResponse, "min_gap_seconds" | "gap_jitter_seconds">): string {
  const { min_gap_seconds: gap, gap_jitter_seconds: jitter } = mailbox;
  if (gap === 0 && jitter === 0) return "none";
  return jitter === 0 ? plural(gap, "second") : `${count(gap)} to ${plural(gap + jitter, "second")}`;
}

export function hoursText({ working_hours: hours, timezone }: MailboxResponse): string {
  if (hours === null) return "at any hour";
  return `${hours.days.map(words).join(", ")}, ${hours.start} to ${hours.end}${timezone ? ` (${timezone})` : ""}`;
}

export function rampText({ ramp }: MailboxResponse): string {
  return ramp === null
    ? "none"
    : `${count(ramp.start)} on ${ramp.started_on}, ${count(ramp.increase)} more each day`;
}
