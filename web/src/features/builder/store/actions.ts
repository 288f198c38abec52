import { useMemo } from "react";
import { type BuilderStep, type Draft, stepOf, titleOf, type Way } from "../draft/draft";
import * as edits from "../draft/edits";
import { isPlaced, type Places, withoutPlace, withoutPlaces, withPlaces } from "../draft/layout";
import { kindOf } from "../kinds";
import type { Outcome } from "../model/outcome";
import type { StepType } from "../model/step";
import { useBuilder } from "./builder-context";
import type { BuilderStore } from "./store";

/** Every edit that a user can make, for the canvas, the list, the menus and the keys. Each is one named entry of the
 * undo history. */
export type Actions = ReturnType<typeof actionsOn>;

export function useActions(): Actions {
  const { store } = useBuilder();
  return useMemo(() => actionsOn(store), [store]);
}

export function actionsOn(store: BuilderStore) {
  const edit = (event: string, change: (steps: Draft) => Draft, select?: string | null) =>
    store.getState().edit(event, change, select);
  const name = (uid: string) => {
    const step = stepOf(store.getState().steps, uid);
    return step ? titleOf(step) : "step";
  };
  const added = (type: StepType, put: (steps: Draft, item: BuilderStep) => Draft) => {
    const item = edits.newStep(store.getState().steps, type);
    edit(`Add ${kindOf(type).label.toLowerCase()}`, (steps) => put(steps, item), item.uid);
    return item.uid;
  };

  return {
    /** Adds a step below that step, or at the end, and opens its panel. */
    add: (type: StepType, after: string | null) =>
      added(type, (steps, item) => edits.insertAfter(steps, after, item)),
    addOn: (type: StepType, way: Way) => added(type, (steps, item) => edits.insertOn(steps, way, item)),
    duplicate: (uid: string) => {
      const copy = edits.newUid();
      edit(`Duplicate ${name(uid)}`, (steps) => edits.duplicate(steps, uid, copy), copy);
    },
    remove: (uid: string) => {
      const { selected } = store.getState();
      edit(`Delete ${name(uid)}`, (steps) => edits.remove(steps, uid), selected === uid ? null : selected);
    },
    shift: (uid: string, by: -1 | 1) => edit(`Move ${name(uid)}`, (steps) => edits.shift(steps, uid, by)),
    moveOn: (uid: string, way: Way) =>
      edit(`Move ${name(uid)}`, (steps) => edits.moveOn(withoutPlace(steps, uid), uid, way)),
    connect: (way: Way, outcome: Outcome) =>
      edit(`Connect ${name(way.uid)}`, (steps) => edits.connect(steps, way, outcome)),
    place: (uid: string, places: Places) => edit(`Move ${name(uid)}`, (steps) => withPlaces(steps, places)),
    tidy: () => edit("Tidy up", (steps) => (isPlaced(steps) ? withoutPlaces(steps) : steps)),
  };
}
