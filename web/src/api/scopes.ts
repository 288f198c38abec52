import { useQuery } from "@tanstack/react-query";
import type { SessionResponse } from "./schema";
import { sessionQuery } from "./session-query";

type Scope = SessionResponse["scopes"][number];

/** Whether whoever is signed in may do that; true while it is not known, since the server refuses what is not allowed. */
export function useMay(scope: Scope): boolean {
  const session = useQuery(sessionQuery);
  return session.data?.scopes.includes(scope) ?? true;
}
