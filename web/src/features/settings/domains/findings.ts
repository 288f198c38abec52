import type { FindingResponse, FindingsResponse } from "@/api/schema";
import type { Tone } from "@/ui/data/badge";

export const RECORDS = {
  spf: { name: "SPF", why: "who may send for the domain" },
  dkim: { name: "DKIM", why: "that mail is signed by it" },
  dmarc: { name: "DMARC", why: "what receivers do with forgeries" },
  mx: { name: "MX", why: "that replies arrive" },
} as const satisfies Record<keyof FindingsResponse, { name: string; why: string }>;

export const STATUS: Record<FindingResponse["status"], { name: string; tone: Tone }> = {
  pass: { name: "In order", tone: "green" },
  fail: { name: "At fault", tone: "red" },
  missing: { name: "Missing", tone: "red" },
  unresolved: { name: "No answer", tone: "amber" },
};

/** The result for the domain in one sentence. A DNS question without an answer counts neither as found nor as
 * missing. */
export function summary(findings: FindingsResponse | null): { tone: Tone; text: string } {
  if (findings === null) return { tone: "grey", text: "Not checked yet" };
  const named = (wanted: readonly string[]) =>
    Object.entries(RECORDS)
      .filter(([record]) => wanted.includes(findings[record as keyof FindingsResponse].status))
      .map(([, { name }]) => name)
      .join(", ");
  const wrong = named(["fail", "missing"]);
  if (wrong) return { tone: "red", text: `To fix: ${wrong}` };
  const unknown = named(["unresolved"]);
  return unknown
    ? { tone: "amber", text: `DNS gave no answer: ${unknown}` }
    : { tone: "green", text: "All in order" };
}
