export type Unit = "minutes" | "hours" | "days";

/** An ISO 8601 duration such as `PT90M`, `PT12H`, `P3D`. Null if the input is not valid or longer than ten years. */
export function duration(amount: string, unit: Unit): string | null {
  const number = Number(amount);
  if (!/^\d+$/.test(amount.trim()) || number <= 0 || number > MOST[unit]) return null;
  if (unit === "days") return `P${number}D`;
  return `PT${number}${unit === "hours" ? "H" : "M"}`;
}

const MOST: Record<Unit, number> = { minutes: 3650 * 1440, hours: 3650 * 24, days: 3650 };
