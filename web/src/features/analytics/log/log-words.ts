import type { ExecutionResponse } from "@/api/schema";
import { absoluteTime, words } from "@/lib/format";
import { branchWords } from "../funnel/branch-words";

type Named = { key: string; name: string };

/** The details of a log row in a few words; empty if there are none. Unknown details are shown as names and
 * values. */
export function detailWords(
  { event, detail }: Pick<ExecutionResponse, "event" | "detail">,
  steps: readonly Named[],
): string {
  if (event === "branch_decided") {
    const { way, led } = branchWords(
      { branch: text(detail.branch), outcome: record(detail.outcome), count: 1 },
      steps,
    );
    return `${way} → ${led}`;
  }
  const subject = text(detail.subject);
  if (event === "email_sent" && subject !== null) return `“${subject}”`;
  return Object.entries(detail)
    .filter(([name, value]) => !INTERNAL.has(name) && value !== null && value !== "")
    .map(([name, value]) => `${words(name)}: ${valueText(value)}`)
    .join(" · ");
}

/** Identifiers that mean nothing to a person. */
const INTERNAL = new Set(["message_id", "version_id", "mailbox_id"]);

function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function record(value: unknown): Record<string, unknown> | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
}

function valueText(value: unknown): string {
  if (typeof value === "string") return isMoment(value) ? absoluteTime(value) : value.replaceAll("_", " ");
  if (Array.isArray(value)) return value.map(valueText).join(", ");
  const inner = record(value);
  if (inner === null) return String(value);
  return Object.entries(inner)
    .map(([name, one]) => `${words(name)} ${valueText(one)}`)
    .join(", ");
}

function isMoment(given: string): boolean {
  return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(given) && !Number.isNaN(Date.parse(given));
}
