import { BaseEdge, EdgeLabelRenderer, type EdgeProps, getSmoothStepPath, Position } from "@xyflow/react";
import { Plus } from "lucide-react";
import { memo } from "react";
import { Menu } from "@/ui/menu";
import { useActions } from "../actions";
import { useBuilder } from "../builder-context";
import type { Edge } from "../draft/graph";
import { AddItems } from "./add-items";
import styles from "./way-edge.module.css";

/** A way from a step to the next: its name where it branches, and a button that puts a step on it. */
export const WayEdge = memo(function WayEdge(props: EdgeProps) {
  const { edge, over } = props.data as { edge: Edge; over: boolean };
  const { frozen } = useBuilder();
  // The upper row's way runs outside of the lower one's: they do not cross.
  const offset = props.sourcePosition === Position.Right ? 16 + 8 * Math.min(edge.below, 3) : 24;
  const [path, x, y] = getSmoothStepPath({ ...props, borderRadius: 14, offset });
  const insertable = !frozen && edge.end !== "stopped" && edge.end !== "missing";
  return (
    <>
      <BaseEdge
        id={props.id}
        path={path}
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
          {edge.label && edge.end === null && <span className={styles.name}>{edge.label}</span>}
          {insertable && <Insert edge={edge} />}
        </div>
      </EdgeLabelRenderer>
    </>
  );
});

function Insert({ edge }: { edge: Edge }) {
  const actions = useActions();
  return (
    <Menu
      trigger={
        // By keyboard the menu of the step, and the list, do the same.
        <button type="button" className={styles.add} tabIndex={-1} aria-label="Add a step here">
          <Plus aria-hidden="true" />
        </button>
      }
    >
      <AddItems onAdd={(type) => actions.addOn(type, { uid: edge.source, outlet: edge.outlet })} />
    </Menu>
  );
}
