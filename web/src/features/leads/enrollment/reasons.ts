import type { ExplanationResponse, ReasonResponse } from "@/api/schema";
import { absoluteTime } from "@/lib/format";
import { asSentence } from "@/lib/sentence";

/** Why nothing is being sent, in words. One entry for each code of the server's `domain/enrollments/explain`;
 * `tests/architecture/test_sentences.py` compares them. */

export interface Why {
  title: string;
  /** What ends it: time, an action of a person, the engine in a moment, or nothing (it is over). */
  ends: "time" | "person" | "engine" | "over";
  /** The sentence. Without one, the server's own text is shown. */
  say?: (binds: ReasonResponse["binds"]) => string | undefined;
}

export const REASONS: Record<string, Why> = {
  ended: { title: "The enrollment has ended", ends: "over" },
  failed: {
    title: "A step has failed",
    ends: "person",
    say: (binds) => both(binds, "error", "mend", (error, mend) => `${error}. ${mend}`),
  },
  paused: {
    title: "Paused",
    ends: "person",
    say: (binds) =>
      one(binds, "since", (since) => `Since ${absoluteTime(since)}. It continues when it is resumed.`),
  },
  company_replied: {
    title: "A colleague has replied",
    ends: "person",
    say: () => "Somebody of the same company has replied, so this lead gets no email until it is resumed.",
  },
  sequence_paused: {
    title: "The sequence is paused",
    ends: "person",
    say: () => "All leads of the sequence wait. They continue when the sequence is resumed.",
  },
  suppressed: {
    title: "The address is suppressed",
    ends: "person",
    say: () =>
      "The lead's address, or its domain, is on the suppression list. The next email stops the enrollment.",
  },
  not_started: {
    title: "Enrolled a moment ago",
    ends: "engine",
    say: () =>
      "The workflow has not been started yet. That takes a moment, or until Temporal is available again.",
  },
  not_told: {
    title: "The workflow has not received the last change yet",
    ends: "engine",
    say: (binds) =>
      one(binds, "command", (command) => `The change is on its way: ${command.replaceAll("_", " ")}.`),
  },
  out_of_office: { title: "The lead is out of office", ends: "time" },
  waiting_for_event: {
    title: "Waiting for the lead",
    ends: "time",
    say: (binds) =>
      both(
        binds,
        "event",
        "until_local",
        (event, until) => `It continues when “${event}” happens, or at ${until} at the latest.`,
      ),
  },
  waiting: {
    title: "Waiting, as planned",
    ends: "time",
    say: (binds) =>
      both(binds, "step", "until_local", (step, until) => `The step ${step} waits until ${until}.`),
  },
  no_mailbox: {
    title: "There is no mailbox to send from",
    ends: "person",
    say: () => "Add a mailbox, or make one active, in Settings.",
  },
  mailbox_unhealthy: { title: "The mailbox is held because of its health", ends: "person" },
  mailbox_held: { title: "The mailbox is held", ends: "person" },
  window: { title: "The send window is closed", ends: "time" },
  holiday: { title: "It is a holiday", ends: "time" },
  working_hours: { title: "The mailbox's working hours are over", ends: "time" },
  daily_cap: { title: "The mailbox has reached its daily cap", ends: "time" },
  hourly_cap: { title: "The mailbox has reached its hourly cap", ends: "time" },
  minimum_gap: { title: "The mailbox waits between two emails", ends: "time" },
  retrying: {
    title: "A step is being tried again",
    ends: "engine",
    say: (binds) =>
      both(binds, "step", "error", (step, error) => `${step}: the last attempt said “${error}”.`),
  },
  due: {
    title: "Ready to run",
    ends: "engine",
    say: (binds) => one(binds, "step", (step) => `The step ${step} is due and runs now.`),
  },
};

export function whyOf(reason: ReasonResponse): { title: string; text: string; ends: Why["ends"] } {
  const known = Object.hasOwn(REASONS, reason.code) ? REASONS[reason.code] : undefined;
  const title = known?.title ?? asSentence(reason.code.replaceAll("_", " ")).replace(/\.$/, "");
  return {
    title,
    text: known?.say?.(reason.binds) ?? asSentence(reason.detail),
    ends: known?.ends ?? "engine",
  };
}

/** The time left, such as `2d 04:10:09`. Null when it has passed. */
export function countdown(until: string, now: number): string | null {
  const seconds = Math.ceil((Date.parse(until) - now) / 1_000);
  if (seconds <= 0) return null;
  const days = Math.floor(seconds / 86_400);
  const clock = [Math.floor(seconds / 3_600) % 24, Math.floor(seconds / 60) % 60, seconds % 60]
    .map((part) => String(part).padStart(2, "0"))
    .join(":");
  return days > 0 ? `${days}d ${clock}` : clock;
}

/** How far the enrollment's clock is ahead of this browser's, in milliseconds. `heardAt`: when the answer arrived. */
export function clockAhead(explanation: Pick<ExplanationResponse, "as_of">, heardAt: number): number {
  return Date.parse(explanation.as_of) - heardAt;
}

function one(
  binds: ReasonResponse["binds"],
  name: string,
  say: (value: string) => string,
): string | undefined {
  const value = binds[name];
  return typeof value === "string" && value ? say(value) : undefined;
}

function both(
  binds: ReasonResponse["binds"],
  first: string,
  second: string,
  say: (one: string, other: string) => string,
): string | undefined {
  return one(binds, first, (value) => one(binds, second, (other) => say(value, other)) ?? "") || undefined;
}
