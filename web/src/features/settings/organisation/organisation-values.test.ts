import { expect, it } from "vitest";
import type { TenantResponse } from "@/api/schema";
import { updateOf, valuesOf } from "./organisation-values";

const tenant: TenantResponse = {
  id: "1",
  name: "Acme",
  postal_address: "1 Main Street",
  operator: false,
  webhook_secret: "s",
  created_at: "2026-01-01T00:00:00Z",
  updated_at: "2026-01-01T00:00:00Z",
  settings: {
    max_live_enrollments: null,
    max_emails: 4,
    max_emails_days: 30,
    breakers: {
      auth_failures: 3,
      refusals: null,
      bounce_rate: 0.07,
      bounce_window: 100,
      bounce_least: 20,
      complaint_rate: 0.003,
      complaint_window: 1000,
      complaint_least: 2,
    },
  },
};

it("shows shares in percent, and sends back what it was given", () => {
  const values = valuesOf(tenant);
  expect([values.breakers.bounce_rate, values.breakers.complaint_rate, values.breakers.refusals]).toEqual([
    "7",
    "0.3",
    "",
  ]);
  expect(updateOf(values)).toEqual({
    name: "Acme",
    postal_address: "1 Main Street",
    settings: tenant.settings,
  });
});

it("sends null for a limit that was emptied", () => {
  const values = valuesOf(tenant);
  const changed = updateOf({
    ...values,
    limits: { ...values.limits, max_emails: " " },
    breakers: { ...values.breakers, bounce_rate: "" },
  });
  expect([changed.settings?.max_emails, changed.settings?.breakers.bounce_rate]).toEqual([null, null]);
});
