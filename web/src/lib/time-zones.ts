export const ZONES: readonly string[] = ["UTC", ...Intl.supportedValuesOf("timeZone")];

/** `Fri 09:41`: the time of day there. Null for what is no zone. */
export function timeIn(zone: string, now: number = Date.now()): string | null {
  try {
    const format = { weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
    return new Intl.DateTimeFormat("en", { ...format, timeZone: zone }).format(now);
  } catch {
    return null;
  }
}
