import { type ComponentType, lazy } from "react";

interface SectionOf {
  name: string;
  /** The scope that the section needs. Without one, everybody who is signed in may open it. */
  scope?: "admin";
  component: ComponentType;
}

/** Every section by the last part of its address, in the order of the navigation. Each is a chunk of its own. */
export const GROUPS: readonly { name: string; sections: Record<string, SectionOf> }[] = [
  {
    name: "Sending",
    sections: {
      mailboxes: { name: "Mailboxes", component: lazy(() => import("./mailboxes/mailboxes-section")) },
      domains: { name: "Sender domains", component: lazy(() => import("./domains/domains-section")) },
      suppressions: {
        name: "Suppressions",
        scope: "admin",
        component: lazy(() => import("./suppressions/suppressions-section")),
      },
    },
  },
  {
    name: "Access",
    sections: {
      users: { name: "Users", scope: "admin", component: lazy(() => import("./users/users-section")) },
      "api-keys": {
        name: "API keys",
        scope: "admin",
        component: lazy(() => import("./api-keys/api-keys-section")),
      },
      webhooks: {
        name: "Webhooks",
        scope: "admin",
        component: lazy(() => import("./webhooks/webhooks-section")),
      },
    },
  },
  {
    name: "Workspace",
    sections: {
      organisation: {
        name: "Organisation",
        scope: "admin",
        component: lazy(() => import("./organisation/organisation-section")),
      },
      notifications: {
        name: "Notifications",
        component: lazy(() => import("./notifications/notifications-section")),
      },
    },
  },
];

export function findSection(name: string): SectionOf | undefined {
  return GROUPS.map((group) => group.sections[name]).find((section) => section !== undefined);
}
