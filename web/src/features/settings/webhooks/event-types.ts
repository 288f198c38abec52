import type { WebhookEndpointResponse } from "@/api/schema";

export type EventType = WebhookEndpointResponse["event_types"][number];

/** All event types of webhooks, in groups. */
export const EVENT_GROUPS: Record<string, Partial<Record<EventType, string>>> = {
  Enrollments: {
    "enrollment.started": "Started",
    "enrollment.replied": "Replied",
    "enrollment.completed": "Completed",
    "enrollment.stopped": "Stopped",
    "enrollment.failed": "Failed",
    "enrollment.paused": "Paused",
    "enrollment.resumed": "Resumed",
  },
  Emails: { "email.sent": "Sent", "email.opened": "Opened", "email.clicked": "Clicked" },
  Leads: {
    "lead.bounced": "Bounced",
    "lead.unsubscribed": "Unsubscribed",
    "lead.complained": "Complained",
  },
  Notifications: { "notification.created": "Created" },
};
