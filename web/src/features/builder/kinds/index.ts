import { plural } from "@/lib/format";
import { type BuilderStep, type Draft, freeKey } from "../draft/draft";
import { newUid } from "../draft/edits";
import { listOf } from "../model/config";
import type { DraftStep, StepType } from "../model/step";
import { ownDelayOf, summaryOf } from "../summary";
import { action } from "./action/kind";
import { condition } from "./condition/kind";
import { delay } from "./delay/kind";
import { email } from "./email/kind";
import type { Kind } from "./kind";
import { waitFor } from "./wait_for/kind";

/** The one table of types, in the order of the palette. */
export const KINDS: readonly Kind[] = [email, delay, condition, waitFor, action];

const BY_TYPE = Object.fromEntries(KINDS.map((kind) => [kind.type, kind])) as Record<StepType, Kind>;

export function kindOf(type: StepType): Kind {
  return BY_TYPE[type];
}

/** A new step of that type, with a key that is free in the draft. */
export function blank(draft: Draft, type: StepType): BuilderStep {
  const kind = kindOf(type);
  return {
    uid: newUid(),
    step: {
      key: freeKey(draft, kind.key),
      name: "",
      type,
      delay_days: 0,
      delay_hours: 0,
      delay_minutes: 0,
      config: kind.config(),
      metadata: {},
    },
  };
}

/** What a step does, in a line. The branches of a condition have lines of their own. */
export function lineOf(step: DraftStep, steps: readonly DraftStep[]): string {
  if (step.type !== "condition") return summaryOf(step, steps);
  const own = ownDelayOf(step);
  const branches = plural(listOf(step.config, "branches").length, "branch", "branches");
  return own === "" ? branches : `After ${own}: ${branches}`;
}
