import type { InboxServerGiven, MailboxCreate, MailboxResponse, MailServerGiven } from "@/api/schema";

/** A mailbox as its form holds it: numbers as text, empty for none; optional parts with a switch of their own. */
export interface MailboxValues {
  email: string;
  name: string;
  timezone: string;
  weight: string;
  daily_cap: string;
  hourly_cap: string;
  min_gap_seconds: string;
  gap_jitter_seconds: string;
  ramp: { on: boolean; start: string; increase: string; started_on: string };
  working_hours: { on: boolean; days: readonly Weekday[]; start: string; end: string };
  smtp: ServerValues;
  imap: ServerValues & { folders: string };
}

export interface ServerValues {
  on: boolean;
  host: string;
  port: string;
  security: MailServerGiven["security"];
  username: string;
  /** Only a newly typed password. The stored one is never shown. */
  password: string;
  kept: boolean;
}

export const WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Weekday = (typeof WEEK)[number];

/** `today`: the start of a ramp by default. */
export function mailboxValues(mailbox: MailboxResponse | undefined, today: string): MailboxValues {
  const { ramp, working_hours: hours, smtp, imap } = mailbox ?? {};
  return {
    email: mailbox?.email ?? "",
    name: mailbox?.name ?? "",
    timezone: mailbox?.timezone ?? "",
    weight: shown(mailbox?.weight ?? 1),
    daily_cap: shown(mailbox?.daily_cap),
    hourly_cap: shown(mailbox?.hourly_cap),
    min_gap_seconds: shown(mailbox?.min_gap_seconds ?? 0),
    gap_jitter_seconds: shown(mailbox?.gap_jitter_seconds ?? 0),
    ramp: {
      on: ramp != null,
      start: shown(ramp?.start ?? 10),
      increase: shown(ramp?.increase ?? 5),
      started_on: ramp?.started_on ?? today,
    },
    working_hours: {
      on: hours != null,
      days: hours?.days ?? WEEK.slice(0, 5),
      start: hours?.start ?? "09:00",
      end: hours?.end ?? "17:00",
    },
    smtp: serverValues(smtp, { port: 587, security: "starttls" }),
    imap: {
      ...serverValues(imap, { port: 993, security: "tls" }),
      folders: imap?.folders.join("\n") ?? "INBOX",
    },
  };
}

function serverValues(
  server: MailboxResponse["smtp"] | undefined,
  usual: { port: number; security: ServerValues["security"] },
): ServerValues {
  return {
    on: server != null,
    host: server?.host ?? "",
    port: shown(server?.port ?? usual.port),
    security: server?.security ?? usual.security,
    username: server?.username ?? "",
    password: "",
    kept: server?.has_password ?? false,
  };
}

/** The body for a new and for a changed mailbox. The status is changed by buttons, not by the form. */
export function mailboxBody(values: MailboxValues): Omit<MailboxCreate, "status"> {
  const { ramp, working_hours: hours, smtp, imap } = values;
  return {
    email: values.email,
    name: values.name,
    timezone: values.timezone,
    weight: figure(values.weight) ?? 1,
    daily_cap: figure(values.daily_cap),
    hourly_cap: figure(values.hourly_cap),
    min_gap_seconds: figure(values.min_gap_seconds) ?? 0,
    gap_jitter_seconds: figure(values.gap_jitter_seconds) ?? 0,
    ramp: ramp.on
      ? {
          start: figure(ramp.start) ?? 0,
          increase: figure(ramp.increase) ?? 0,
          started_on: ramp.started_on,
        }
      : null,
    working_hours: hours.on
      ? { days: WEEK.filter((day) => hours.days.includes(day)), start: hours.start, end: hours.end }
      : null,
    smtp: smtp.on ? server(smtp) : null,
    imap: imap.on ? inbox(imap) : null,
  };
}

/** Without a `password` the stored one is kept. Null removes it, when the server needs no login any more. */
function server(values: ServerValues): MailServerGiven {
  const { host, security, username, password } = values;
  const secret = password !== "" ? { password } : username === "" ? { password: null } : {};
  return { host, port: figure(values.port) ?? 0, security, username, ...secret };
}

function inbox(values: MailboxValues["imap"]): InboxServerGiven {
  const folders = values.folders
    .split("\n")
    .map((folder) => folder.trim())
    .filter(Boolean);
  return { ...server(values), folders };
}

function figure(text: string): number | null {
  return text.trim() === "" ? null : Number(text);
}

function shown(of: number | null | undefined): string {
  return of == null ? "" : String(of);
}
