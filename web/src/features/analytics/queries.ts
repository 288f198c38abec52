import { queryOptions } from "@tanstack/react-query";
import { api, call } from "@/api/client";
import { LIVE } from "@/api/query-client";

export function analyticsQuery(sequenceId: string, from?: string, to?: string) {
  return queryOptions({
    queryKey: ["analytics", sequenceId, { from, to }],
    queryFn: () =>
      call(
        api.GET("/sequences/{sequence_id}/analytics", {
          params: { path: { sequence_id: sequenceId }, query: { from: from ?? null, to: to ?? null } },
        }),
      ),
    refetchInterval: LIVE,
    // The figures of the previous range stay on the screen until the new ones are there.
    placeholderData: (before, query) => (query?.queryKey[1] === sequenceId ? before : undefined),
  });
}
