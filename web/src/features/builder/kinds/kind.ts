import type { LucideIcon } from "lucide-react";
import type { ComponentType } from "react";
import type { Tone } from "@/ui/data/badge";
import type { Raw } from "../model/config";
import type { Outcome, Outlet, OutletName } from "../model/outcome";
import type { DraftStep, StepType } from "../model/step";

/** Everything that the builder knows of one step type. A new type is a folder here with its `kind.ts`, and one line in the
 * list of `index.ts`. */
export interface StepKind {
  type: StepType;
  label: string;
  /** What the type is for, in the palette. */
  hint: string;
  icon: LucideIcon;
  tone: Tone;
  /** The key of a new step, if it is free. */
  key: string;
  /** The config of a new step. */
  config: () => DraftStep["config"];
  /** What the step does, as one sentence without a full stop. */
  summary: (config: Raw, steps: readonly DraftStep[]) => string;
  /** A shorter summary for the canvas and the list, when the ways out are shown on lines of their own. */
  shortSummary?: (config: Raw) => string;
  /** Only for a type whose steps have several ways out. Any other step leads to the step below it. */
  branching?: Branching;
  /** The paths inside the config that the editor has a field for. A problem of the server is shown beside the nearest one;
   * `""` is the whole config. */
  fieldPaths: (config: Raw) => readonly string[];
  /** True for a type that is a wait itself: the fields for a wait before the step start folded. */
  isWait?: boolean;
  Editor: ComponentType<EditorProps>;
}

/** Where the ways out of a step lead, and which keys of other steps its config names. */
export interface Branching {
  /** The ways out, in the order in which the server asks them. Ways that no lead can take are left out. Labels call
   * other steps by their names if `steps` holds them, else by their keys. */
  outlets: (config: Raw, steps: readonly DraftStep[]) => readonly Outlet[];
  withOutcome: (config: Raw, outlet: OutletName, outcome: Outcome) => DraftStep["config"];
  /** The keys of other steps that the config names. */
  keysIn: (config: Raw) => readonly string[];
  withRenamedKey: (config: Raw, from: string, to: string) => DraftStep["config"];
}

export interface EditorProps {
  sequenceId: string;
  step: DraftStep;
  /** All steps of the sequence, in order. */
  steps: readonly DraftStep[];
  config: DraftStep["config"];
  onConfig: (config: DraftStep["config"]) => void;
}
