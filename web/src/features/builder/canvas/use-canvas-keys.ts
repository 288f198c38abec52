import type { KeyboardEvent } from "react";
import type { Places } from "../draft/layout";
import { type Direction, neighbour } from "../draft/neighbours";
import { type Actions, useActions } from "../store/actions";
import { useBuilder } from "../store/builder-context";
import { focusStep, PANEL_ID } from "../store/focus";
import type { BuilderStore } from "../store/store";

/** The keys of the focused step: arrows move the focus, Alt with an arrow moves the step in the order, Enter opens
 * its panel, Delete removes it. */
export function useCanvasKeys(): (event: KeyboardEvent) => void {
  const { store, places, frozen } = useBuilder();
  const actions = useActions();
  return (event) => {
    const uid = focused(event.target);
    const deed = keysOn(store, places, actions, frozen).get(pressed(event));
    if (uid === null || deed === undefined) return;
    event.preventDefault();
    deed(uid);
  };
}

type Keys = ReadonlyMap<string, (uid: string) => void>;

function keysOn(store: BuilderStore, places: Places, actions: Actions, frozen: boolean): Keys {
  const select = (uid: string | null) => store.getState().select(uid);
  const go = (direction: Direction) => (uid: string) => {
    const next = neighbour(places, uid, direction);
    if (next === null) return;
    focusStep(next);
    if (store.getState().selected !== null) select(next);
  };
  const open = (uid: string) => {
    select(uid);
    requestAnimationFrame(() => document.getElementById(PANEL_ID)?.focus());
  };
  const remove = (uid: string) => {
    const next = neighbour(places, uid, "up") ?? neighbour(places, uid, "down");
    actions.remove(uid);
    if (next !== null) focusStep(next);
  };
  const looking: [string, (uid: string) => void][] = [
    ["ArrowUp", go("up")],
    ["ArrowDown", go("down")],
    ["ArrowLeft", go("left")],
    ["ArrowRight", go("right")],
    ["Enter", open],
    [" ", open],
    ["Escape", () => select(null)],
  ];
  const editing: typeof looking = [
    ["Alt ArrowUp", (uid) => actions.shift(uid, -1)],
    ["Alt ArrowDown", (uid) => actions.shift(uid, 1)],
    ["Delete", remove],
    ["Backspace", remove],
    ["Ctrl d", actions.duplicate],
  ];
  return new Map(frozen ? looking : [...looking, ...editing]);
}

function pressed({ key, altKey, ctrlKey, metaKey }: KeyboardEvent): string {
  return [(ctrlKey || metaKey) && "Ctrl", altKey && "Alt", key].filter(Boolean).join(" ");
}

/** The ID of the step if the step itself has the focus, and not a control inside it. */
function focused(target: EventTarget): string | null {
  return target instanceof HTMLElement && target.classList.contains("react-flow__node-step")
    ? (target.dataset.id ?? null)
    : null;
}
