import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, call } from "@/api/client";
import { LIVE } from "@/api/query-client";
import type { EnrollSearch } from "./search";

const LEADS_PAGE = 50;

export type LeadFilter = Pick<EnrollSearch, "search" | "status" | "tag">;

/** Leaves out empty filters, which the API would search for. */
export function filterOf({ search, status, tag }: LeadFilter): LeadFilter {
  return { ...(search ? { search } : {}), ...(status ? { status } : {}), ...(tag ? { tag } : {}) };
}

export function pickableLeadsQuery(filter: LeadFilter) {
  return infiniteQueryOptions({
    queryKey: ["leads", "pick", filter],
    queryFn: ({ pageParam }) =>
      call(
        api.GET("/leads", {
          params: {
            query: { limit: LEADS_PAGE, ...filter, ...(pageParam === null ? {} : { cursor: pageParam }) },
          },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
  });
}

/** The leads with these IDs, for one page of a table. */
export function namedLeadsQuery(ids: readonly string[]) {
  return queryOptions({
    queryKey: ["leads", "named", ids],
    queryFn: async () => {
      const { items } = await call(api.GET("/leads", { params: { query: { id: [...ids], limit: 200 } } }));
      return new Map(items.map((lead) => [lead.id, lead]));
    },
    enabled: ids.length > 0,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
}

export function campaignsQuery() {
  return infiniteQueryOptions({
    queryKey: ["campaigns", "list"],
    queryFn: ({ pageParam }) =>
      call(
        api.GET("/campaigns", {
          params: { query: { limit: 100, ...(pageParam === null ? {} : { cursor: pageParam }) } },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: (query) => LIVE * Math.max(1, query.state.data?.pages.length ?? 1),
  });
}
