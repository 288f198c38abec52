import type { LeadSkipped } from "@/api/schema";
import { words } from "@/lib/format";

/** Why a lead is not enrolled, by the code of the answer. */
export const SKIPS: Record<string, string> = {
  already_enrolled: "Already in this sequence",
  suppressed: "On the suppression list",
  bounced: "Their address bounces",
  unsubscribed: "Unsubscribed",
  invalid_email: "Their address is not valid",
  cooling_down: "Was in this sequence before",
  in_exclusive_sequence: "In an exclusive sequence",
  contact_capped: "Has reached a limit of the organisation",
  not_found: "Does not exist any more",
};

export interface SkipGroup {
  code: string;
  why: string;
  number: number;
}

/** The number of skipped leads for each reason, the most frequent first. */
export function bySkipCode(skipped: readonly Pick<LeadSkipped, "code">[]): SkipGroup[] {
  const numbers = new Map<string, number>();
  for (const { code } of skipped) numbers.set(code, (numbers.get(code) ?? 0) + 1);
  return [...numbers]
    .map(([code, number]) => ({ code, why: SKIPS[code] ?? words(code), number }))
    .sort((one, other) => other.number - one.number);
}
