import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { ApiProblem, hasCode, messageOf } from "./problem";
import { goOut, subscribe, whenAnotherComesIn, whyOut } from "./session";

/** How often a visible screen refreshes, in milliseconds. */
export const LIVE = 3_000;

/** Set `quiet` on a mutation that shows its error itself; no toast is shown then. */
declare module "@tanstack/react-query" {
  interface Register {
    mutationMeta: { quiet?: boolean };
  }
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: leaveWhenSessionIsOver }),
  mutationCache: new MutationCache({
    onError(error, _variables, _context, mutation) {
      leaveWhenSessionIsOver(error);
      if (mutation.meta?.quiet !== true) toast.error(messageOf(error));
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 1_000,
      // Only errors that may be temporary: the server cannot be reached, or is overloaded. A refusal is final.
      retry: (count, error) => mayPass(error) && count < 2,
      retryDelay: (count) => Math.min(1_000 * 2 ** count, 5_000),
      networkMode: "always",
    },
    mutations: { networkMode: "always" },
  },
});

/** Whether the same request may succeed a little later. */
export function mayPass(error: unknown): boolean {
  return error instanceof ApiProblem && (error.status === 0 || error.status >= 500);
}

function leaveWhenSessionIsOver(error: unknown): void {
  if (error instanceof ApiProblem && error.status === 401 && !hasCode(error, "unreadable_answer")) {
    goOut(queryClient.getQueryData(["session"]) === undefined ? "new" : "ended");
  }
}

subscribe(() => {
  if (whyOut() !== null) queryClient.clear();
});

// Refreshes what is on the screen without unmounting it: the user may be typing there.
whenAnotherComesIn(() => {
  queryClient.removeQueries({ type: "inactive" });
  void queryClient.invalidateQueries();
});
