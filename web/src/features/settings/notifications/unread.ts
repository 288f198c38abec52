import { queryOptions } from "@tanstack/react-query";
import { api, call } from "@/api/client";

const MOST = 99;
/** The interval in milliseconds. A badge in the corner needs no more. */
const EVERY_MS = 15_000;

/** The number of unread notifications; `99+` above that. */
export const unreadQuery = queryOptions({
  queryKey: ["notifications", "unread-count"],
  queryFn: () => call(api.GET("/notifications", { params: { query: { unread: true, limit: MOST } } })),
  select: ({ items, next_cursor }) => (next_cursor ? `${MOST}+` : String(items.length)),
  refetchInterval: EVERY_MS,
});
