import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, call } from "@/api/client";
import { LIVE } from "@/api/query-client";

export function batchQuery(batchId: string) {
  return queryOptions({
    queryKey: ["batches", batchId],
    queryFn: () => call(api.GET("/batches/{batch_id}", { params: { path: { batch_id: batchId } } })),
    refetchInterval: (query) => (query.state.data?.done ? false : LIVE),
  });
}

export function batchesQuery(sequenceId: string) {
  return queryOptions({
    queryKey: ["batches", { sequenceId }],
    queryFn: () => call(api.GET("/batches", { params: { query: { sequence_id: sequenceId, limit: 10 } } })),
    refetchInterval: LIVE,
  });
}

export function skippedQuery(batchId: string) {
  return infiniteQueryOptions({
    queryKey: ["batches", batchId, "skipped"],
    queryFn: ({ pageParam }) =>
      call(
        api.GET("/batches/{batch_id}/skipped", {
          params: {
            path: { batch_id: batchId },
            query: { limit: 200, ...(pageParam === null ? {} : { cursor: pageParam }) },
          },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}
