import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, call } from "@/api/client";
import { LIVE } from "@/api/query-client";

/** Captured mail, newest first. `to` is the whole address of a recipient. */
export function outboxQuery(to: string | undefined) {
  return infiniteQueryOptions({
    queryKey: ["outbox", { to }],
    queryFn: ({ pageParam }) =>
      call(
        api.GET("/dev/outbox", {
          params: {
            query: { limit: 50, ...(pageParam ? { cursor: pageParam } : {}), ...(to ? { to } : {}) },
          },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: LIVE,
  });
}

export function enrollmentQuery(enrollmentId: string) {
  return queryOptions({
    queryKey: ["enrollment", enrollmentId],
    queryFn: () =>
      call(api.GET("/enrollments/{enrollment_id}", { params: { path: { enrollment_id: enrollmentId } } })),
  });
}
