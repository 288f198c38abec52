import { words } from "@/lib/format";
import type { OutletName } from "../model/outcome";
import type { DraftStep } from "../model/step";

/** A step in the builder. `uid` identifies it in this browser while the builder is open; its key may change. */
export interface BuilderStep {
  readonly uid: string;
  readonly step: DraftStep;
}

/** The steps in their order. A draft is never changed in place: every edit makes a new one, so that it can be
 * undone. */
export type Draft = readonly BuilderStep[];

/** A way out of a step, where an edge begins. */
export interface Way {
  uid: string;
  outlet: OutletName;
}

export function indexOf(draft: Draft, uid: string): number {
  return draft.findIndex((item) => item.uid === uid);
}

export function stepOf(draft: Draft, uid: string | null): DraftStep | undefined {
  return draft.find((item) => item.uid === uid)?.step;
}

export function withKey(draft: Draft, key: string): BuilderStep | undefined {
  return draft.find((item) => item.step.key === key);
}

/** The name of a step for a person. */
export function titleOf(step: DraftStep): string {
  return step.name || words(step.key);
}

/** `base`, or `base-2`, ...: the first key that no step has. */
export function freeKey(draft: Draft, base: string): string {
  const taken = new Set(draft.map((item) => item.step.key));
  const stem = base.replace(/-\d+$/, "").slice(0, 90) || "step";
  if (!taken.has(stem)) return stem;
  for (let number = 2; ; number += 1) {
    if (!taken.has(`${stem}-${number}`)) return `${stem}-${number}`;
  }
}
