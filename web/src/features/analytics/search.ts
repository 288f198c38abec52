/** The search parameters of the screen, so that a link shows the same figures. Days are UTC, as on the server. */
export interface AnalyticsSearch {
  tab?: "log";
  from?: string;
  to?: string;
  /** For the log only. */
  event?: string;
  step?: string;
  lead?: string;
}

export function analyticsSearch(given: Record<string, unknown>): AnalyticsSearch {
  return {
    ...(given.tab === "log" && { tab: "log" }),
    ...(isDay(given.from) && { from: given.from }),
    ...(isDay(given.to) && { to: given.to }),
    ...text("event", given.event),
    ...text("step", given.step),
    ...text("lead", given.lead),
  };
}

function isDay(value: unknown): value is string {
  return typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value));
}

function text(name: "event" | "step" | "lead", value: unknown): Partial<AnalyticsSearch> {
  return typeof value === "string" && value !== "" && value.length <= 100 ? { [name]: value } : {};
}

const DAY = 86_400_000;

/** The range of that many days that ends today. */
export function lastDays(days: number, now: number = Date.now()): { from: string; to: string } {
  return { from: day(now - (days - 1) * DAY), to: day(now) };
}

export function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** The first moment of the day after. `to` includes its whole day, but the filter of the log excludes its end. */
export function dayAfter(date: string): string {
  return `${day(Date.parse(date) + DAY)}T00:00:00Z`;
}
