import type { TimelineEntry } from "@/api/schema";

export interface Day {
  /** `2026-11-27`, in the reader's time zone. */
  key: string;
  title: string;
  entries: TimelineEntry[];
}

/** Groups entries by day and keeps their order. */
export function byDay(entries: readonly TimelineEntry[], now: number = Date.now()): Day[] {
  const days: Day[] = [];
  for (const entry of entries) {
    const key = dayKey(new Date(entry.at));
    const last = days.at(-1);
    if (last?.key === key) last.entries.push(entry);
    else days.push({ key, title: title(entry.at, now), entries: [entry] });
  }
  return days;
}

function title(at: string, now: number): string {
  const day = new Date(at);
  if (dayKey(day) === dayKey(new Date(now))) return "Today";
  const sameYear = day.getFullYear() === new Date(now).getFullYear();
  return day.toLocaleDateString("en", {
    weekday: "long",
    day: "numeric",
    month: "long",
    ...(sameYear ? {} : { year: "numeric" }),
  });
}

function dayKey(day: Date): string {
  return [day.getFullYear(), day.getMonth() + 1, day.getDate()]
    .map((part) => String(part).padStart(2, "0"))
    .join("-");
}

export function timeOfDay(at: string): string {
  return new Date(at).toLocaleTimeString("en", { hour: "2-digit", minute: "2-digit", hour12: false });
}
