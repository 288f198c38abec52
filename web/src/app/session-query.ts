import { queryOptions } from "@tanstack/react-query";
import { api, call } from "@/api/client";

/** Whose key this is and what this server offers. Asked once for a key. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: () => call(api.GET("/session")),
  staleTime: Number.POSITIVE_INFINITY,
});
