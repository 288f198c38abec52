import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, call } from "@/api/client";
import { LIVE } from "@/api/query-client";
import type { SequenceFilters } from "./list/search";

const PAGE = 100;

/** The sequences that match, page by page. The refresh interval grows with the number of loaded pages, so that a list
 * of five hundred sends as many requests as a list of one hundred. */
export function sequencesQuery({ search, status }: SequenceFilters) {
  return infiniteQueryOptions({
    queryKey: ["sequences", "list", { search, status }],
    queryFn: ({ pageParam }) =>
      call(
        api.GET("/sequences", {
          params: {
            query: {
              limit: PAGE,
              ...(pageParam === null ? {} : { cursor: pageParam }),
              ...(search ? { search } : {}),
              ...(status ? { status } : {}),
            },
          },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: (query) => LIVE * Math.max(1, query.state.data?.pages.length ?? 1),
    placeholderData: keepPreviousData,
  });
}

export function sequenceQuery(sequenceId: string) {
  return queryOptions({
    queryKey: ["sequence", sequenceId],
    queryFn: () =>
      call(api.GET("/sequences/{sequence_id}", { params: { path: { sequence_id: sequenceId } } })),
    refetchInterval: LIVE,
  });
}

export const mailboxesQuery = queryOptions({
  queryKey: ["mailboxes", { limit: 200 }],
  queryFn: () => call(api.GET("/mailboxes", { params: { query: { limit: 200 } } })),
});
