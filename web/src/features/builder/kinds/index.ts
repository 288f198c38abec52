import type { StepType } from "../model/step";
import { action } from "./action/kind";
import { condition } from "./condition/kind";
import { delay } from "./delay/kind";
import { email } from "./email/kind";
import type { StepKind } from "./kind";
import { unknownKind } from "./unknown/kind";
import { waitFor } from "./wait_for/kind";

/** The step types that the builder has an editor for, in the order of the palette. */
export const KINDS: readonly StepKind[] = [email, delay, condition, waitFor, action];

const BY_TYPE = new Map(KINDS.map((kind) => [kind.type, kind]));

/** The kind of a step type. A type that the browser does not know gets the fallback kind. */
export function kindOf(type: StepType): StepKind {
  return BY_TYPE.get(type) ?? unknownKind(type);
}
