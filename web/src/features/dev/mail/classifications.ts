import type { MailReceivedResponse } from "@/api/schema";
import { words } from "@/lib/format";

/** What each classification of `mail/inbound` means, and what follows from it. */
export const CLASSIFICATIONS: Record<string, { title: string; follows: string }> = {
  reply: { title: "A reply", follows: "The lead's enrollments end before anything else is sent." },
  auto_reply: {
    title: "An auto-reply",
    follows: "The lead's enrollments are held until they are back.",
  },
  hard_bounce: {
    title: "A hard bounce",
    follows: "The enrollments stop, and the address is suppressed.",
  },
  soft_bounce: {
    title: "A soft bounce",
    follows: "It is recorded; several in a row count as a hard bounce.",
  },
  complaint: { title: "A complaint", follows: "The enrollments stop, and the address is suppressed." },
  unsubscribe: { title: "An unsubscribe", follows: "The enrollments stop, and the address is suppressed." },
  own: { title: "A message of Cadenza's own", follows: "Nothing follows." },
  unrelated: { title: "Not about any message that was sent", follows: "Nothing follows." },
};

export function understoodAs(answer: MailReceivedResponse): {
  title: string;
  facts: [string, string][];
  follows: string;
} {
  const known = CLASSIFICATIONS[answer.classification];
  const facts: [string, string | null][] = [
    ["Rule", answer.rule && words(answer.rule)],
    ["Matched by", answer.matched_by && words(answer.matched_by)],
    ["Back on", answer.returns_on],
  ];
  return {
    title: known?.title ?? words(answer.classification),
    follows: known?.follows ?? "",
    facts: facts.filter((fact): fact is [string, string] => Boolean(fact[1])),
  };
}
