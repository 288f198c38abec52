import type { LucideIcon } from "lucide-react";
import type { Tone } from "@/ui/data/badge";
import type { DraftStep, StepType } from "../model/step";

/** How the builder shows a type of step, and begins one. A new type is one file, and its line in `index.ts`; what it says
 * in a line is in `summary.ts`, and its editor in `panel/`. */
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
}
