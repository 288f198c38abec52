import { texts } from "@/lib/search-params";

const WAYS = ["leads", "campaign", "file"] as const;
export type Way = (typeof WAYS)[number];

/** The search parameters of the screen: how leads are chosen, their filters, and the batch that is shown. */
export interface EnrollSearch {
  by?: Way;
  search?: string;
  status?: string;
  tag?: string;
  batch?: string;
}

export function enrollSearch(given: Record<string, unknown>): EnrollSearch {
  const by = WAYS.find((way) => way === given.by);
  return { ...(by ? { by } : {}), ...texts(given, ["search", "status", "tag", "batch"]) };
}
