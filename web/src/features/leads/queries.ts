import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, call } from "@/api/client";
import { LIVE } from "@/api/query-client";
import type { EnrollmentStatus } from "@/api/schema";

export interface LeadFilters {
  search?: string | undefined;
  status?: string | undefined;
  tag?: string | undefined;
}

export const LEADS_PAGE = 200;

/** The leads, page by page. Refreshes by itself only while a single page is loaded: refreshing hundreds of pages
 * would load the server. */
export function leadsQuery({ search, status, tag }: LeadFilters) {
  return infiniteQueryOptions({
    queryKey: ["leads", { search, status, tag }],
    queryFn: ({ pageParam }) =>
      call(
        api.GET("/leads", {
          params: {
            query: {
              limit: LEADS_PAGE,
              ...(pageParam ? { cursor: pageParam } : {}),
              ...(search ? { search } : {}),
              ...(status ? { status } : {}),
              ...(tag ? { tag } : {}),
            },
          },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
    refetchOnMount: (query) => (query.state.data?.pages.length ?? 0) <= 1,
    refetchOnWindowFocus: false,
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 0) > 1 ? false : LIVE),
  });
}

export function leadQuery(leadId: string) {
  return queryOptions({
    queryKey: ["lead", leadId],
    queryFn: () => call(api.GET("/leads/{lead_id}", { params: { path: { lead_id: leadId } } })),
    refetchInterval: LIVE,
  });
}

/** The lead with that address, or null. */
export function leadOfAddressQuery(email: string) {
  return queryOptions({
    queryKey: ["lead-of", email],
    queryFn: async () => {
      const found = await call(api.GET("/leads", { params: { query: { search: email } } }));
      return found.items.find((lead) => lead.email === email.toLowerCase()) ?? null;
    },
  });
}

export function statesQuery(leadId: string) {
  return queryOptions({
    queryKey: ["lead", leadId, "states"],
    queryFn: () =>
      call(api.GET("/leads/{lead_id}/sequence-state", { params: { path: { lead_id: leadId } } })),
    refetchInterval: LIVE,
  });
}

export function explainQuery(leadId: string, enrollmentId: string) {
  return queryOptions({
    queryKey: ["lead", leadId, "explain", enrollmentId],
    queryFn: () =>
      call(
        api.GET("/enrollments/{enrollment_id}/explain", {
          params: { path: { enrollment_id: enrollmentId } },
        }),
      ),
    refetchInterval: LIVE,
  });
}

/** The timeline, newest first. Each refresh loads all pages again, so that no entry is missed; a lead has few. */
export function timelineQuery(leadId: string) {
  return infiniteQueryOptions({
    queryKey: ["lead", leadId, "timeline"],
    queryFn: ({ pageParam }) =>
      call(
        api.GET("/leads/{lead_id}/timeline", {
          params: {
            path: { lead_id: leadId },
            query: { order: "newest_first", limit: 50, ...(pageParam ? { cursor: pageParam } : {}) },
          },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: LIVE,
  });
}

export const usersQuery = queryOptions({
  queryKey: ["users"],
  queryFn: () => call(api.GET("/users", { params: { query: { limit: 200 } } })),
  staleTime: 60_000,
});

export const activeSequencesQuery = queryOptions({
  queryKey: ["sequences", { status: "active", limit: 200 }],
  queryFn: () => call(api.GET("/sequences", { params: { query: { status: "active", limit: 200 } } })),
});

const LIVE_STATUSES: readonly EnrollmentStatus[] = ["pending", "active", "paused", "failed"];

/** Whether the enrollment can still go on, by itself or after somebody acts. */
export function isLive(status: EnrollmentStatus): boolean {
  return LIVE_STATUSES.includes(status);
}
