import { plural } from "@/lib/format";
import { isRaw, textOf } from "./config";
import type { DraftStep } from "./step";

/** Words that the summaries of several step types share. */

/** `1 day 2 hours`. Parts of zero are left out; empty when all are zero. `day` is the noun for a day. */
export function durationOf(days: number, hours: number, minutes: number, day = "day"): string {
  const parts: [number, string][] = [
    [days, day],
    [hours, "hour"],
    [minutes, "minute"],
  ];
  return parts
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => plural(amount, unit))
    .join(" ");
}

/** The name of the step with that key, in quotation marks; the key itself when there is no such step. */
export function quotedTitle(key: string, steps: readonly DraftStep[]): string {
  const step = steps.find((one) => one.key === key);
  return `“${step?.name || key}”`;
}

/** An outcome as the end of a sentence. One that is missing continues. */
export function outcomeWords(outcome: unknown, steps: readonly DraftStep[]): string {
  if (!isRaw(outcome)) return "continue";
  if (typeof outcome.goto === "string") return `go to ${quotedTitle(outcome.goto, steps)}`;
  if (outcome.stop !== true) return "continue";
  const reason = textOf(outcome, "reason");
  return reason === "" ? "stop" : `stop (${reason})`;
}

export function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The first letter in lower case. A quotation mark stays as it is. */
export function uncapitalized(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
