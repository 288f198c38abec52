import type { SequenceResponse } from "@/api/schema";

type Status = SequenceResponse["status"];

export const STATUSES: readonly Status[] = ["draft", "active", "paused", "archived"];

/** The filters of the list, kept in the address. */
export interface SequenceFilters {
  search?: string;
  status?: Status;
}

export function sequenceFilters(given: Record<string, unknown>): SequenceFilters {
  const status = STATUSES.find((known) => known === given.status);
  const search = given.search === undefined ? "" : String(given.search);
  return { ...(search ? { search } : {}), ...(status ? { status } : {}) };
}
