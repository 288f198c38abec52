import { words } from "@/lib/format";
import type { OutletName } from "../model/outcome";
import type { DraftStep } from "../model/step";

/** A step in the builder. `uid` is its name in this browser for as long as the builder is open: its key may change. */
export interface BuilderStep {
  readonly uid: string;
  readonly step: DraftStep;
}

/** The steps in their order. Never changed in place: every edit makes another one, so that it can be undone. */
export type Draft = readonly BuilderStep[];

/** A way out of a step: what an edge begins at. */
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

/** What a person calls it. */
export function titleOf(step: DraftStep): string {
  return step.name || words(step.key);
}

/** `base`, or `base-2`, ...: a key that no step has. */
export function freeKey(draft: Draft, base: string): string {
  const taken = new Set(draft.map((item) => item.step.key));
  const stem = base.replace(/-\d+$/, "").slice(0, 90) || "step";
  if (!taken.has(stem)) return stem;
  for (let number = 2; ; number += 1) {
    if (!taken.has(`${stem}-${number}`)) return `${stem}-${number}`;
  }
}
