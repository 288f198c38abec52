import type { DraftedStep, SequenceStepResponse } from "@/api/schema";
import type { DraftStep, StepType } from "../model/step";
import { type Draft, titleOf } from "./draft";

/** The API's steps as a draft, and a draft as the API's steps: one undoes the other, to the last key of every config.
 * Nothing of the screen goes to the server but where the steps stand, in `metadata.position`. */

/** The API's ID of a step by its `uid`. A step that the server does not know yet has none. */
export type StepIds = Readonly<Record<string, string>>;

export function fromApi(items: readonly SequenceStepResponse[], known: StepIds = {}): Draft {
  const uids = new Map(Object.entries(known).map(([uid, id]) => [id, uid]));
  return items.map((item) => ({
    uid: uids.get(item.id) ?? item.id,
    step: {
      key: item.key,
      name: item.name,
      type: item.type as StepType,
      delay_days: item.delay_days,
      delay_hours: item.delay_hours,
      delay_minutes: item.delay_minutes,
      config: item.config,
      metadata: item.metadata,
    },
  }));
}

export function toApi(draft: Draft, ids: StepIds): DraftedStep[] {
  return draft.map(({ uid, step }) => ({ ...step, id: ids[uid] ?? null }));
}

/** The IDs that an answer told, for the draft that was sent. Those of steps that are gone are kept: an undo may bring
 * one back, and the server knows it still. */
export function idsOf(sent: Draft, items: readonly SequenceStepResponse[], known: StepIds = {}): StepIds {
  const told = sent.flatMap(({ uid }, index) => (items[index] ? [[uid, items[index].id]] : []));
  return { ...known, ...Object.fromEntries(told) };
}

/** Whether both would be written the same. */
export function sameDraft(one: Draft, other: Draft): boolean {
  if (one === other) return true;
  if (one.length !== other.length) return false;
  return one.every((item, index) => {
    const twin = other[index];
    return twin !== undefined && item.uid === twin.uid && sameStep(item.step, twin.step);
  });
}

/** Whether the server's steps say the same as this draft, whatever their IDs. */
export function sameSteps(draft: Draft, items: readonly SequenceStepResponse[]): boolean {
  const theirs = fromApi(items);
  return (
    draft.length === theirs.length &&
    draft.every(({ step }, index) => theirs[index] !== undefined && sameStep(step, theirs[index].step))
  );
}

/** The names of the steps that are not the same in both. */
export function differences(mine: Draft, theirs: Draft): readonly string[] {
  const mineByUid = new Map(mine.map((item) => [item.uid, item.step]));
  const theirsByUid = new Map(theirs.map((item) => [item.uid, item.step]));
  const changed = theirs.filter((item) => {
    const twin = mineByUid.get(item.uid);
    return twin === undefined || !sameStep(twin, item.step);
  });
  const missing = mine.filter((item) => !theirsByUid.has(item.uid));
  return [...changed, ...missing].map((item) => titleOf(item.step));
}

function sameStep(one: DraftStep, other: DraftStep): boolean {
  return one === other || stable(one) === stable(other);
}

/** JSON with its keys in order: the server keeps objects without one. */
function stable(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
