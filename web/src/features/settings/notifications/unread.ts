import { queryOptions } from "@tanstack/react-query";
import { api, call } from "@/api/client";

const MOST = 99;
/** Seldom enough for a figure in the corner. */
const EVERY_MS = 15_000;

/** How many wait to be read; `99+` beyond what is worth counting. */
export const unreadQuery = queryOptions({
  queryKey: ["notifications", "unread-count"],
  queryFn: () => call(api.GET("/notifications", { params: { query: { unread: true, limit: MOST } } })),
  select: ({ items, next_cursor }) => (next_cursor ? `${MOST}+` : String(items.length)),
  refetchInterval: EVERY_MS,
});
