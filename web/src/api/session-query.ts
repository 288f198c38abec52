import { queryOptions } from "@tanstack/react-query";
import { api, call } from "./client";
import { mayPass, queryClient } from "./query-client";
import type { SessionResponse } from "./schema";
import { comeIn, dropKey, goOut, keyInAddress } from "./session";

/** Who is signed in and what this server offers. Loaded once. A key in the address is exchanged for a session
 * first. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: whoIsSignedIn,
  staleTime: Number.POSITIVE_INFINITY,
});

async function whoIsSignedIn(): Promise<SessionResponse> {
  const key = keyInAddress();
  if (key === null) return call(api.GET("/session"));
  try {
    const session = await call(api.POST("/session", { body: { api_key: key } }));
    dropKey();
    comeIn();
    return session;
  } catch (error) {
    if (!mayPass(error)) {
      dropKey();
      goOut("refused");
    }
    throw error;
  }
}

/** Starts a session: forgets everything that was loaded for the previous user. */
export function begin(session: SessionResponse): void {
  queryClient.clear();
  queryClient.setQueryData(sessionQuery.queryKey, session);
  comeIn();
}
