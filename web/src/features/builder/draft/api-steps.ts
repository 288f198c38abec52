import type { DraftedStep, SequenceStepResponse } from "@/api/schema";
import type { DraftStep } from "../model/step";
import { type Draft, titleOf } from "./draft";

/** Converts the API's steps to a draft and back. One undoes the other exactly, down to every key of every config, known here
 * or not. The only thing that the builder adds is the position of a step on the canvas, in `metadata.position`. */

/** The API's ID of each step by its `uid`. A step that has not been saved yet has none. */
export type StepIds = Readonly<Record<string, string>>;

export function fromApi(items: readonly SequenceStepResponse[], known: StepIds = {}): Draft {
  const uids = new Map(Object.entries(known).map(([uid, id]) => [id, uid]));
  return items.map((item) => ({
    uid: uids.get(item.id) ?? item.id,
    step: {
      key: item.key,
      name: item.name,
      type: item.type,
      delay_days: item.delay_days,
      delay_hours: item.delay_hours,
      delay_minutes: item.delay_minutes,
      config: item.config,
      metadata: item.metadata,
    },
  }));
}

export function toApi(draft: Draft, ids: StepIds): DraftedStep[] {
  // The generated type lists the built-in step types only; this server may have more (docs/extending.md).
  return draft.map(({ uid, step }) => ({
    ...step,
    type: step.type as DraftedStep["type"],
    id: ids[uid] ?? null,
  }));
}

/** The IDs from the answer to a save, added to the known ones. IDs of removed steps are kept: an undo may bring such a step
 * back, and the server still knows it. */
export function idsOf(sent: Draft, items: readonly SequenceStepResponse[], known: StepIds = {}): StepIds {
  const answered = sent.flatMap(({ uid }, index) => (items[index] ? [[uid, items[index].id]] : []));
  return { ...known, ...Object.fromEntries(answered) };
}

/** Whether both drafts would be saved the same. */
export function sameDraft(one: Draft, other: Draft): boolean {
  if (one === other) return true;
  if (one.length !== other.length) return false;
  return one.every((item, index) => {
    const twin = other[index];
    return twin !== undefined && item.uid === twin.uid && sameStep(item.step, twin.step);
  });
}

/** Whether the server's steps equal this draft, whatever their IDs. */
export function sameSteps(draft: Draft, items: readonly SequenceStepResponse[]): boolean {
  const theirs = fromApi(items);
  return (
    draft.length === theirs.length &&
    draft.every(({ step }, index) => theirs[index] !== undefined && sameStep(step, theirs[index].step))
  );
}

/** The names of the steps that differ. */
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

/** JSON with sorted keys: the server does not keep the order of keys. */
function stable(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
