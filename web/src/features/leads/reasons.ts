import type { ExplanationResponse, ReasonResponse } from "@/api/schema";
import { absoluteTime } from "@/lib/format";
import { plainSentence } from "./plain";

/** Why nothing is being sent, in words. One entry for each code of the server's `domain/enrollments/explain`:
 * `tests/architecture/test_sentences.py` compares them. */

export interface Why {
  title: string;
  /** What ends it: time by itself, somebody who must act, the engine in a moment, or nothing (it is over). */
  ends: "time" | "person" | "engine" | "over";
  /** The sentence; without one, the server's own. */
  say?: (binds: ReasonResponse["binds"]) => string | undefined;
}

export const REASONS: Record<string, Why> = {
  ended: { title: "The enrollment has ended", ends: "over" },
  failed: {
    title: "A step has failed for good",
    ends: "person",
    say: (binds) => both(binds, "error", "mend", (error, mend) => `${error}. ${mend}`),
  },
  paused: {
    title: "Paused",
    ends: "person",
    say: (binds) =>
      one(binds, "since", (since) => `Since ${absoluteTime(since)}. It goes on when it is resumed.`),
  },
  company_replied: {
    title: "A colleague has replied",
    ends: "person",
    say: () => "Somebody of the same company has replied, so this lead is left alone until it is resumed.",
  },
  sequence_paused: {
    title: "The sequence is paused",
    ends: "person",
    say: () => "The sequence holds every lead of it. It goes on when the sequence is activated again.",
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
    say: () => "Temporal has not been told of it yet. That takes a moment, or until Temporal is back.",
  },
  not_told: {
    title: "Temporal has not heard of the last change yet",
    ends: "engine",
    say: (binds) => one(binds, "command", (command) => `It is being told: ${command.replaceAll("_", " ")}.`),
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
        (event, until) => `It goes on the moment of “${event}”, or at ${until} at the latest.`,
      ),
  },
  waiting: {
    title: "Waiting, as the sequence says",
    ends: "time",
    say: (binds) =>
      both(binds, "step", "until_local", (step, until) => `The step ${step} waits until ${until}.`),
  },
  no_mailbox: {
    title: "There is no mailbox to send from",
    ends: "person",
    say: () => "Add a mailbox, or make one active, in Settings.",
  },
  mailbox_unhealthy: { title: "The mailbox is held for its health", ends: "person" },
  mailbox_held: { title: "The mailbox is held", ends: "person" },
  window: { title: "The send window is closed", ends: "time" },
  holiday: { title: "It is a holiday", ends: "time" },
  working_hours: { title: "The mailbox's working hours are over", ends: "time" },
  daily_cap: { title: "The mailbox has sent enough for the day", ends: "time" },
  hourly_cap: { title: "The mailbox has sent enough for the hour", ends: "time" },
  minimum_gap: { title: "A gap is kept between two emails", ends: "time" },
  retrying: {
    title: "A step is being tried again",
    ends: "engine",
    say: (binds) =>
      both(binds, "step", "error", (step, error) => `${step}: the last attempt said “${error}”.`),
  },
  due: {
    title: "Nothing stands in the way",
    ends: "engine",
    say: (binds) => one(binds, "step", (step) => `The step ${step} is due and being done.`),
  },
};

export function whyOf(reason: ReasonResponse): { title: string; text: string; ends: Why["ends"] } {
  const known = REASONS[reason.code];
  const title = known?.title ?? plainSentence(reason.code.replaceAll("_", " ")).replace(/\.$/, "");
  return {
    title,
    text: known?.say?.(reason.binds) ?? plainSentence(reason.detail),
    ends: known?.ends ?? "engine",
  };
}

/** `2d 04:10:09`: what is left until then. Null when it has come. */
export function countdown(until: string, now: number): string | null {
  const seconds = Math.ceil((Date.parse(until) - now) / 1_000);
  if (seconds <= 0) return null;
  const days = Math.floor(seconds / 86_400);
  const clock = [Math.floor(seconds / 3_600) % 24, Math.floor(seconds / 60) % 60, seconds % 60]
    .map((part) => String(part).padStart(2, "0"))
    .join(":");
  return days > 0 ? `${days}d ${clock}` : clock;
}

/** How far the enrollment's clock runs ahead of this browser's, in milliseconds, by an answer that came at `heardAt`. */
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
