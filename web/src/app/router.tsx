import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";
import { analyticsSearch } from "@/features/analytics/search";
import { enrollSearch } from "@/features/enroll/search";
import { sequenceFilters } from "@/features/sequences/list/search";
import { settingsSearch } from "@/features/settings/search";
import { texts } from "@/lib/search-params";
import { NotFound } from "./not-found";
import { Shell } from "./shell";

/** Every screen of the app by its address. Each is a chunk of its own: the first load brings the shell and one
 * screen. */

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/app/sequences" });
  },
});

const appHome = createRoute({
  getParentRoute: () => root,
  path: "/app",
  beforeLoad: () => {
    throw redirect({ to: "/app/sequences" });
  },
});

const sequences = createRoute({
  getParentRoute: () => root,
  path: "/app/sequences",
  validateSearch: sequenceFilters,
  component: lazyRouteComponent(() => import("@/features/sequences/list/sequences-page"), "SequencesPage"),
});

const builder = createRoute({
  getParentRoute: () => root,
  path: "/app/sequences/$sequenceId",
  component: lazyRouteComponent(() => import("@/features/builder/builder-page"), "BuilderPage"),
});

const analytics = createRoute({
  getParentRoute: () => root,
  path: "/app/sequences/$sequenceId/analytics",
  validateSearch: analyticsSearch,
  component: lazyRouteComponent(() => import("@/features/analytics/analytics-page"), "AnalyticsPage"),
});

const enroll = createRoute({
  getParentRoute: () => root,
  path: "/app/sequences/$sequenceId/enroll",
  validateSearch: enrollSearch,
  component: lazyRouteComponent(() => import("@/features/enroll/enroll-page"), "EnrollPage"),
});

const leads = createRoute({
  getParentRoute: () => root,
  path: "/app/leads",
  validateSearch: (given: Record<string, unknown>): { search?: string; status?: string; tag?: string } =>
    texts(given, ["search", "status", "tag"]),
  component: lazyRouteComponent(() => import("@/features/leads/table/leads-page"), "LeadsPage"),
});

const lead = createRoute({
  getParentRoute: () => root,
  path: "/app/leads/$leadId",
  component: lazyRouteComponent(() => import("@/features/leads/page/lead-page"), "LeadPage"),
});

const settings = createRoute({
  getParentRoute: () => root,
  path: "/app/settings/$section",
  validateSearch: settingsSearch,
  component: lazyRouteComponent(() => import("@/features/settings/settings-page"), "SettingsPage"),
});

const dev = createRoute({
  getParentRoute: () => root,
  path: "/app/dev",
  validateSearch: (given: Record<string, unknown>): { to?: string; mail?: string } =>
    texts(given, ["to", "mail"]),
  component: lazyRouteComponent(() => import("@/features/dev/dev-page"), "DevPage"),
});

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    appHome,
    sequences,
    builder,
    analytics,
    enroll,
    leads,
    lead,
    settings,
    dev,
  ]),
  defaultPreload: "intent",
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
