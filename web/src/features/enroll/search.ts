import { texts } from "@/lib/search-params";

const WAYS = ["leads", "campaign", "file"] as const;
export type Way = (typeof WAYS)[number];

/** What stands in the page's address: the way in which leads are chosen, what is searched, the batch that is looked at. */
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
