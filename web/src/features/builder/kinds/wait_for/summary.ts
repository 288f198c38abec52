import { plural } from "@/lib/format";
import { numberOf, type Raw, textOf } from "../../model/config";
import type { DraftStep } from "../../model/step";
import { outcomeWords } from "../../model/words";

/** `Waits up to 5 days for a click: then go to “Demo”, else continue`. */
export function waitForSummary(config: Raw, steps: readonly DraftStep[]): string {
  const event = textOf(config, "event") || "an event";
  const days = numberOf(config, "timeout_days");
  const limit = days === undefined ? "" : `up to ${plural(days, "day")} `;
  const wait = `Waits ${limit}for ${EVENTS.get(event) ?? event}`;
  const onEvent = outcomeWords(config.on_event, steps);
  const onTimeout = outcomeWords(config.on_timeout, steps);
  return onEvent === onTimeout ? `${wait}, then ${onEvent}` : `${wait}: then ${onEvent}, else ${onTimeout}`;
}

const EVENTS = new Map([
  ["opened", "an open"],
  ["clicked", "a click"],
  ["replied", "a reply"],
]);
