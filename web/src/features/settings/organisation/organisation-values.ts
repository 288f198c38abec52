import type { TenantResponse, TenantUpdate } from "@/api/schema";

/** The organisation as its form holds it: numbers as text, shares in percent, empty for none. */

export const LIMITS = {
  max_live_enrollments: "Sequences at a time",
  max_emails: "Emails sent",
  max_emails_days: "within, days",
} as const;

export const BREAKERS = {
  auth_failures: "Refused logins in a row",
  refusals: "Refused messages in a row",
  bounce_rate: "Bounces above, %",
  bounce_window: "of the last emails",
  bounce_least: "of at least, emails",
  complaint_rate: "Complaints from, %",
  complaint_window: "of the last emails",
  complaint_least: "by at least, people",
} as const;

type Limit = keyof typeof LIMITS;
type Breaker = keyof typeof BREAKERS;

export interface OrganisationValues {
  name: string;
  postal_address: string;
  limits: Record<Limit, string>;
  breakers: Record<Breaker, string>;
}

const SHARES: readonly string[] = ["bounce_rate", "complaint_rate"] satisfies Breaker[];

export function valuesOf(tenant: TenantResponse): OrganisationValues {
  const { breakers, ...limits } = tenant.settings;
  return {
    name: tenant.name,
    postal_address: tenant.postal_address,
    limits: {
      max_live_enrollments: shown(limits.max_live_enrollments),
      max_emails: shown(limits.max_emails),
      max_emails_days: shown(limits.max_emails_days),
    },
    breakers: {
      auth_failures: shown(breakers.auth_failures),
      refusals: shown(breakers.refusals),
      bounce_rate: percent(breakers.bounce_rate),
      bounce_window: shown(breakers.bounce_window),
      bounce_least: shown(breakers.bounce_least),
      complaint_rate: percent(breakers.complaint_rate),
      complaint_window: shown(breakers.complaint_window),
      complaint_least: shown(breakers.complaint_least),
    },
  };
}

/** The body to send. An empty limit is null; a required number that is empty gets the server's default. */
export function updateOf({ name, postal_address, limits, breakers }: OrganisationValues): TenantUpdate {
  const given = (text: string) => (text.trim() === "" ? undefined : Number(text));
  const all = {
    max_live_enrollments: given(limits.max_live_enrollments) ?? null,
    max_emails: given(limits.max_emails) ?? null,
    max_emails_days: given(limits.max_emails_days) ?? 7,
    breakers: {
      auth_failures: given(breakers.auth_failures) ?? null,
      refusals: given(breakers.refusals) ?? null,
      bounce_rate: share(given(breakers.bounce_rate)),
      bounce_window: given(breakers.bounce_window) ?? 100,
      bounce_least: given(breakers.bounce_least) ?? 20,
      complaint_rate: share(given(breakers.complaint_rate)),
      complaint_window: given(breakers.complaint_window) ?? 1000,
      complaint_least: given(breakers.complaint_least) ?? 2,
    },
  };
  return { name, postal_address, settings: all };
}

export function isShare(breaker: string): boolean {
  return SHARES.includes(breaker);
}

function shown(figure: number | null | undefined): string {
  return figure == null ? "" : String(figure);
}

/** 0.003 becomes `0.3`, without rounding errors of binary fractions. */
function percent(of: number | null): string {
  return of === null ? "" : String(Number((of * 100).toPrecision(10)));
}

function share(percentage: number | undefined): number | null {
  return percentage === undefined ? null : Number((percentage / 100).toPrecision(10));
}
