import { queryOptions } from "@tanstack/react-query";
import { api, call } from "@/api/client";
import { LIVE } from "@/app/query-client";

export function batchQuery(batchId: string) {
  return queryOptions({
    queryKey: ["batches", batchId],
    queryFn: () => call(api.GET("/batches/{batch_id}", { params: { path: { batch_id: batchId } } })),
    refetchInterval: (query) => (query.state.data?.done ? false : LIVE),
  });
}
