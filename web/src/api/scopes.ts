import { useQuery } from "@tanstack/react-query";
import type { SessionResponse } from "./schema";
import { sessionQuery } from "./session-query";

type Scope = SessionResponse["scopes"][number];

/** Whether the signed-in user may do this. True while it is not known yet: the server refuses what is not allowed. */
export function useMay(scope: Scope): boolean {
  const session = useQuery(sessionQuery);
  return session.data?.scopes.includes(scope) ?? true;
}
