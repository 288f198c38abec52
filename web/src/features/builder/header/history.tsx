import { Redo2, Undo2 } from "lucide-react";
import { useEffect } from "react";
import { useStore } from "zustand";
import { Button } from "@/ui/inputs/button";
import { Tooltip } from "@/ui/overlays/tooltip";
import { useBuilder, useDraft } from "../store/builder-context";

/** Undo and redo. Each button names the edit. */
export function History() {
  const { store } = useBuilder();
  const event = useDraft((state) => state.event);
  const past = useStore(store.temporal, (state) => state.pastStates.length);
  const next = useStore(store.temporal, (state) => state.futureStates.at(-1)?.event);
  const { undo, redo } = store.temporal.getState();
  const undoing = past > 0 ? `Undo: ${event}` : "Nothing to undo";
  const redoing = next === undefined ? "Nothing to redo" : `Redo: ${next}`;
  return (
    <>
      <Tooltip text={undoing}>
        <Button look="quiet" icon aria-label={undoing} aria-disabled={past === 0} onClick={() => undo()}>
          <Undo2 />
        </Button>
      </Tooltip>
      <Tooltip text={redoing}>
        <Button
          look="quiet"
          icon
          aria-label={redoing}
          aria-disabled={next === undefined}
          onClick={() => redo()}
        >
          <Redo2 />
        </Button>
      </Tooltip>
    </>
  );
}

/** Keys that work in the whole builder, whatever has the focus. A field with an undo of its own (the name) keeps
 * it. */
export function useBuilderKeys(save: () => void): void {
  const { store, frozen } = useBuilder();
  useEffect(() => {
    function press(event: KeyboardEvent) {
      const { undo, redo } = store.temporal.getState();
      const deed = new Map([
        ["s", frozen ? undefined : save],
        ["z", undo],
        ["Shift z", redo],
        ["y", redo],
      ]).get([event.shiftKey && "Shift", event.key.toLowerCase()].filter(Boolean).join(" "));
      const commanded = (event.ctrlKey || event.metaKey) && !event.altKey;
      if (!commanded || deed === undefined || (deed !== save && hasOwnUndo(event.target))) return;
      event.preventDefault();
      deed();
    }
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [store, save, frozen]);
}

function hasOwnUndo(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.dataset.ownUndo !== undefined;
}
