import { describe, expect, it } from "vitest";
import type { MailboxResponse } from "@/api/schema";
import { mailboxBody, mailboxValues } from "./mailbox-values";

const mailbox: MailboxResponse = {
  id: "1",
  email: "sam@acme.example",
  name: "Sam",
  status: "active",
  hold_reason: null,
  held_at: null,
  timezone: "Europe/Berlin",
  weight: 2,
  daily_cap: 50,
  hourly_cap: null,
  min_gap_seconds: 90,
  gap_jitter_seconds: 60,
  ramp: { start: 10, increase: 5, started_on: "2026-01-05" },
  working_hours: { days: ["mon", "fri"], start: "09:00", end: "17:00" },
  smtp: { host: "smtp.acme.example", port: 587, security: "starttls", username: "sam", has_password: true },
  imap: {
    host: "imap.acme.example",
    port: 993,
    security: "tls",
    username: "sam",
    has_password: true,
    folders: ["INBOX", "Junk"],
  },
  created_at: "2026-01-01T00:00:00Z",
  updated_at: "2026-01-01T00:00:00Z",
};

describe("a mailbox in its form", () => {
  const values = mailboxValues(mailbox, "2026-02-01");

  it("is sent back unchanged, without the stored passwords", () => {
    const { email, name, timezone, weight, daily_cap, min_gap_seconds, gap_jitter_seconds } = mailbox;
    expect(mailboxBody(values)).toEqual({
      email,
      name,
      timezone,
      weight,
      daily_cap,
      hourly_cap: null,
      min_gap_seconds,
      gap_jitter_seconds,
      ramp: mailbox.ramp,
      working_hours: mailbox.working_hours,
      smtp: { host: "smtp.acme.example", port: 587, security: "starttls", username: "sam" },
      imap: {
        host: "imap.acme.example",
        port: 993,
        security: "tls",
        username: "sam",
        folders: ["INBOX", "Junk"],
      },
    });
  });

  it("sends a typed password, and removes the stored one with the user name", () => {
    const typed = mailboxBody({ ...values, smtp: { ...values.smtp, password: "new" } });
    expect(typed.smtp?.password).toBe("new");
    const open = mailboxBody({ ...values, smtp: { ...values.smtp, username: "" } });
    expect(open.smtp?.password).toBeNull();
  });

  it("sends null for parts that are switched off", () => {
    const off = { on: false };
    const body = mailboxBody({
      ...values,
      daily_cap: "",
      ramp: { ...values.ramp, ...off },
      working_hours: { ...values.working_hours, ...off },
      smtp: { ...values.smtp, ...off },
      imap: { ...values.imap, ...off },
    });
    expect([body.daily_cap, body.ramp, body.working_hours, body.smtp, body.imap]).toEqual(
      Array.from({ length: 5 }, () => null),
    );
  });

  it("starts a new mailbox with the usual values", () => {
    const fresh = mailboxValues(undefined, "2026-02-01");
    expect([fresh.weight, fresh.daily_cap, fresh.ramp.started_on, fresh.smtp.port, fresh.imap.port]).toEqual([
      "1",
      "",
      "2026-02-01",
      "587",
      "993",
    ]);
    expect(mailboxBody(fresh)).toMatchObject({ smtp: null, imap: null, ramp: null, working_hours: null });
  });
});
