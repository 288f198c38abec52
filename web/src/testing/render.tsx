import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from "@tanstack/react-router";
import { type RenderResult, render } from "@testing-library/react";
import userEvent, { type UserEvent } from "@testing-library/user-event";
import type { ReactNode } from "react";

/** Renders a component with what every screen has around it: a query client and a router. */
export async function renderInApp(content: ReactNode): Promise<RenderResult & { user: UserEvent }> {
  // Nothing is dropped from the cache later: the timer for that would outlive the test.
  const gcTime = Number.POSITIVE_INFINITY;
  const queries = new QueryClient({
    defaultOptions: { queries: { retry: false, gcTime }, mutations: { gcTime } },
  });
  const router = createRouter({
    routeTree: createRootRoute({ component: () => <>{content}</> }),
    history: createMemoryHistory({ initialEntries: ["/"] }),
  });
  await router.load();
  const result = render(
    <QueryClientProvider client={queries}>
      {/* The type of the app's own router is registered globally; this one has a single route. */}
      <RouterProvider router={router as never} />
    </QueryClientProvider>,
  );
  return { ...result, user: userEvent.setup() };
}
