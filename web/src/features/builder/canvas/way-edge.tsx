import { BaseEdge, EdgeLabelRenderer, type EdgeProps, Position } from "@xyflow/react";
import { Plus } from "lucide-react";
import { memo } from "react";
import { Menu } from "@/ui/overlays/menu";
import { stepOf, titleOf } from "../draft/draft";
import type { Point } from "../draft/geometry";
import type { Edge } from "../draft/graph";
import { type Box, middleOf, pathOf, route } from "../draft/route";
import { KindMenuItems } from "../kinds/kind-menu-items";
import { useActions } from "../store/actions";
import { useBuilder, useDraft } from "../store/builder-context";
import styles from "./way-edge.module.css";

/** In pixels. A shorter part has no room for a label, which the row of the step shows as well. */
const NAMED = 120;

/** A way from a step to the next: its label if the step branches, and a button that inserts a step. */
export const WayEdge = memo(function WayEdge(props: EdgeProps) {
  const { edge, over, boxes } = props.data as unknown as WayData;
  const { frozen } = useBuilder();
  const points = wayOf(props, edge, boxes);
  const { x, y, room } = middleOf(points);
  const insertable = !frozen && edge.end !== "stopped" && edge.end !== "missing";
  return (
    <>
      <BaseEdge
        id={props.id}
        path={pathOf(points, 12)}
        {...(props.markerEnd ? { markerEnd: props.markerEnd } : {})}
        interactionWidth={32}
        className={over ? styles.over : undefined}
      />
      <EdgeLabelRenderer>
        <div
          className={`${styles.label} nodrag nopan`}
          style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}
          data-over={over}
        >
          {edge.label && edge.end === null && room >= NAMED && (
            <span className={styles.name}>{edge.label}</span>
          )}
          {insertable && <Insert edge={edge} />}
        </div>
      </EdgeLabelRenderer>
    </>
  );
});

/** The data that the canvas gives to an edge. */
export interface WayData {
  edge: Edge;
  /** A step is being dragged over it. */
  over: boolean;
  /** The boxes that it has to go around. */
  boxes: readonly Box[];
}

function wayOf(props: EdgeProps, edge: Edge, boxes: readonly Box[]): readonly Point[] {
  const from = { x: props.sourceX, y: props.sourceY };
  const to = { x: props.targetX, y: props.targetY };
  if (edge.target === null) return [from, to];
  const right = props.sourcePosition === Position.Right;
  // The way of an upper row runs outside that of a lower row, so that they do not cross.
  const reach = right ? 16 + 8 * Math.min(edge.below, 3) : 26;
  return route({ ...from, side: right ? "right" : "bottom", reach }, to, boxes);
}

function Insert({ edge }: { edge: Edge }) {
  const actions = useActions();
  const title = useDraft((state) => {
    const step = stepOf(state.steps, edge.source);
    return step ? titleOf(step) : "";
  });
  const way = edge.label ? `${title}, ${edge.label}` : title;
  return (
    <Menu
      trigger={
        // Not in the tab order: the menu of the step and the list do the same by keyboard.
        <button type="button" className={styles.add} tabIndex={-1} aria-label={`Add a step after ${way}`}>
          <Plus aria-hidden="true" />
        </button>
      }
    >
      <KindMenuItems onAdd={(type) => actions.addOn(type, { uid: edge.source, outlet: edge.outlet })} />
    </Menu>
  );
}
