import type { LeadSkipped } from "@/api/schema";

/** The number of skipped leads for each reason. */
export function countsOf(skipped: readonly Pick<LeadSkipped, "code">[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { code } of skipped) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}
