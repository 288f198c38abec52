import type { LucideIcon } from "lucide-react";
import { plural } from "@/lib/format";
import type { Tone } from "@/ui/badge";
import type { DraftStep, StepType } from "../model";

/** What the builder knows of a type of step. A new type is one file, and its line in `index.ts`. */
export interface Kind {
  type: StepType;
  label: string;
  /** What it is for, in the palette. */
  hint: string;
  icon: LucideIcon;
  tone: Tone;
  /** The key that a new one takes, if it is free. */
  key: string;
  /** The config of a new one. */
  config: () => DraftStep["config"];
  /** One line that says what it does. Empty while it says nothing yet. */
  summary: (step: DraftStep) => string;
}

const UNITS = [
  ["days", "day"],
  ["hours", "hour"],
  ["minutes", "minute"],
] as const;

/** "3 days 4 hours"; empty for none. */
export function duration(parts: { days: number; hours: number; minutes: number }): string {
  return UNITS.filter(([unit]) => parts[unit] > 0)
    .map(([unit, one]) => plural(parts[unit], one))
    .join(" ");
}
