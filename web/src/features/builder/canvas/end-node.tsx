import { Handle, type NodeProps, Position } from "@xyflow/react";
import { CircleCheck, CircleStop, CircleX } from "lucide-react";
import { memo } from "react";
import { words } from "@/lib/format";
import type { Edge } from "../draft/graph";
import styles from "./end-node.module.css";

const ICONS = { completed: CircleCheck, stopped: CircleStop, missing: CircleX };

/** Marks where a way ends. It is drawn beside its step and is not a step itself. */
export const EndNode = memo(function EndNode({ data }: NodeProps) {
  const { edge, side } = data as { edge: Edge; side: "right" | "bottom" };
  const end = edge.end ?? "completed";
  const Icon = ICONS[end];
  return (
    <div className={styles.end} data-end={end} title={said(edge)}>
      <Handle
        id="in"
        type="target"
        position={side === "right" ? Position.Left : Position.Top}
        className={styles.in}
        isConnectable={false}
      />
      <Icon aria-hidden="true" />
      <span>{said(edge)}</span>
    </div>
  );
});

function said({ outcome, end }: Edge): string {
  if ("goto" in outcome) return `No step “${outcome.goto}”`;
  if ("stop" in outcome) return outcome.reason ? words(outcome.reason) : "Stop";
  return end === "completed" ? "Completed" : "";
}
