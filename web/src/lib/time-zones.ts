export const ZONES: readonly string[] = ["UTC", ...Intl.supportedValuesOf("timeZone")];

/** The time of day there: `Fri 09:41`. Null if it is not a time zone. */
export function timeIn(zone: string, now: number = Date.now()): string | null {
  try {
    const format = { weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
    return new Intl.DateTimeFormat("en", { ...format, timeZone: zone }).format(now);
  } catch {
    return null;
  }
}
