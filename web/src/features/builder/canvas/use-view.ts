import { useNodesInitialized, useReactFlow } from "@xyflow/react";
import { type RefObject, useEffect, useRef, useState } from "react";
import { stepOf } from "../draft/draft";
import { heightOf, WIDTH } from "../draft/geometry";
import { useBuilder, useDraft } from "../store/builder-context";
import { duration } from "./motion";

const READABLE = 0.6;
const MARGIN = 24;

/** Sets the visible part of the canvas: at first all of it or, if that is too small to read, its beginning; later
 * always the open step. Returns whether the first view is set: anything drawn before that is about to move. */
export function useView(frame: RefObject<HTMLElement | null>): boolean {
  const flow = useReactFlow();
  const { places, store } = useBuilder();
  const ready = useNodesInitialized();
  const selected = useDraft((state) => state.selected);
  const seen = useRef(false);
  const [found, setFound] = useState(false);

  useEffect(() => {
    const box = frame.current?.getBoundingClientRect();
    if (!ready || seen.current || !box) return;
    seen.current = true;
    const bounds = flow.getNodesBounds(flow.getNodes());
    const fits = Math.min(box.width / (bounds.width + 160), box.height / (bounds.height + 120));
    const shown = () => setFound(true);
    if (fits >= READABLE) return void flow.fitView({ padding: 0.12, maxZoom: 1 }).then(shown);
    const zoom = box.width < 500 ? 0.8 : 0.9;
    const first = store.getState().steps[0];
    const at = (first && places.get(first.uid)) ?? { x: 0, y: 0 };
    const beginning = { zoom, x: box.width / 2 - (at.x + WIDTH / 2) * zoom, y: 2 * MARGIN - at.y * zoom };
    void flow.setViewport(beginning).then(shown);
  }, [ready, flow, frame, places, store]);

  // Waits until the panel has taken its room: only then is it known what is visible.
  useEffect(() => {
    if (selected === null) return;
    const timer = setTimeout(() => {
      const box = frame.current?.getBoundingClientRect();
      const { steps, counted } = store.getState();
      const step = stepOf(steps, selected);
      const at = places.get(selected);
      if (!box || !step || !at) return;
      const { x, y, zoom } = flow.getViewport();
      const height = heightOf(step, counted);
      const left = at.x * zoom + x;
      const top = at.y * zoom + y;
      const inSight =
        left >= MARGIN &&
        top >= MARGIN &&
        left + WIDTH * zoom <= box.width - MARGIN &&
        top + height * zoom <= box.height - MARGIN;
      if (!inSight)
        void flow.setCenter(at.x + WIDTH / 2, at.y + height / 2, { zoom, duration: duration(200) });
    }, 50);
    return () => clearTimeout(timer);
  }, [selected, flow, frame, places, store]);

  return found;
}
