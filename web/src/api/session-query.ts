import { queryOptions } from "@tanstack/react-query";
import { api, call } from "./client";
import { mayPass, queryClient } from "./query-client";
import type { SessionResponse } from "./schema";
import { comeIn, dropKey, goOut, keyInAddress } from "./session";

/** Who is signed in and what this server offers. Asked once; a key that came in the address is exchanged for it. */
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

/** Somebody has signed in: what was loaded for whoever was here before is forgotten. */
export function begin(session: SessionResponse): void {
  queryClient.clear();
  queryClient.setQueryData(sessionQuery.queryKey, session);
  comeIn();
}
