import {
  applyNodeChanges,
  Background,
  type Connection,
  MiniMap,
  type Node,
  type NodeChange,
  type OnReconnect,
  ReactFlow,
} from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { type DragEvent, useEffect, useMemo, useRef, useState } from "react";
import { stepOf, type Way } from "../draft/draft";
import { SIZES } from "../draft/geometry";
import type { StepType } from "../model/step";
import { useActions } from "../store/actions";
import { useBuilder, useDraft } from "../store/builder-context";
import styles from "./canvas.module.css";
import { edgeUnder } from "./edge-under";
import { EndNode } from "./end-node";
import { boxesOf, flowEdgesOf, nodesOf, withEnds } from "./flow";
import { DRAGGED } from "./palette";
import { StepNode } from "./step-node";
import { useCanvasKeys } from "./use-canvas-keys";
import { useView } from "./use-view";
import { WayEdge } from "./way-edge";

const NODES = { step: StepNode, end: EndNode };
const EDGES = { way: WayEdge };

/** The steps and the ways between them. The draft is the only source: what is done here becomes an edit of it, and
 * the canvas is drawn from the result. Only a step that is being dragged is drawn at the pointer. */
export function Canvas() {
  const { store, edges, frozen } = useBuilder();
  const actions = useActions();
  const steps = useDraft((state) => state.steps);
  const [over, setOver] = useState<string | null>(null);
  const [nodes, setNodes] = useNodes();
  const frame = useRef<HTMLElement>(null);
  const onKeyDown = useCanvasKeys();
  const inView = useView(frame);

  const flowEdges = useMemo(
    () => flowEdgesOf(steps, edges, over, boxesOf(nodes)),
    [steps, edges, over, nodes],
  );
  const wayOf = (id: string | null): Way | null => {
    const edge = edges.find((one) => one.id === id);
    return edge && edge.end !== "stopped" && edge.end !== "missing"
      ? { uid: edge.source, outlet: edge.outlet }
      : null;
  };

  function connect({ source, sourceHandle, target }: Connection) {
    const key = stepOf(store.getState().steps, target)?.key;
    if (key !== undefined && sourceHandle !== null && source !== target) {
      actions.connect({ uid: source, outlet: sourceHandle }, { goto: key });
    }
  }
  const reconnect: OnReconnect = (_, connection) => connect(connection);

  /** The edge that a step was dropped on. Its own edges do not count. */
  function landing(event: { clientX: number; clientY: number }, moved?: string): string | null {
    const edge = edges.find((one) => one.id === edgeUnder(event.clientX, event.clientY));
    return edge && edge.source !== moved && edge.target !== moved && wayOf(edge.id) ? edge.id : null;
  }

  function dropNode(event: MouseEvent | TouchEvent, node: Node, dragged: Node[]) {
    const point = "clientX" in event ? event : event.changedTouches[0];
    const way = point ? wayOf(landing(point, node.id)) : null;
    setOver(null);
    if (way) actions.moveOn(node.id, way);
    else actions.place(node.id, placesWith(dragged));
  }

  /** After one step has been placed by hand, all steps keep their places. */
  function placesWith(dragged: readonly Node[]) {
    const steps = nodes.filter((node) => node.type === "step");
    return new Map([...steps, ...dragged].map((node) => [node.id, node.position]));
  }

  function drop(event: DragEvent) {
    const type = event.dataTransfer.getData(DRAGGED) as StepType | "";
    if (type === "") return;
    event.preventDefault();
    const way = wayOf(landing(event));
    setOver(null);
    if (way) actions.addOn(type, way);
    else actions.add(type, null);
  }

  function dragOver(event: DragEvent) {
    if (!event.dataTransfer.types.includes(DRAGGED)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    setOver(landing(event));
  }

  return (
    <section
      ref={frame}
      className={styles.canvas}
      style={SIZES}
      aria-busy={!inView}
      aria-label="Canvas"
      onKeyDown={onKeyDown}
      onDragOver={dragOver}
      onDragLeave={() => setOver(null)}
      onDrop={drop}
    >
      <ReactFlow
        nodes={nodes}
        edges={flowEdges}
        nodeTypes={NODES}
        edgeTypes={EDGES}
        onNodesChange={(changes: NodeChange[]) =>
          setNodes((now) => withEnds(applyNodeChanges(moved(changes), now)))
        }
        onNodeClick={(_, node) => node.type === "step" && store.getState().select(node.id)}
        onPaneClick={() => store.getState().select(null)}
        onNodeDrag={(event, node) => setOver(landing(event as MouseEvent, node.id))}
        onNodeDragStop={(event, node, dragged) => dropNode(event as MouseEvent, node, dragged)}
        onConnect={connect}
        onReconnect={reconnect}
        nodesConnectable={!frozen}
        nodeDragThreshold={4}
        edgesFocusable={false}
        elementsSelectable={false}
        disableKeyboardA11y
        deleteKeyCode={null}
        selectionKeyCode={null}
        multiSelectionKeyCode={null}
        minZoom={0.2}
        maxZoom={1.5}
        panOnScroll
        zoomOnDoubleClick={false}
        connectionRadius={36}
      >
        <Background gap={20} size={1.5} color="var(--line-strong)" />
        <MiniMap
          className={styles.minimap ?? ""}
          pannable
          zoomable
          ariaLabel="Overview"
          nodeColor="var(--line-strong)"
          nodeBorderRadius={16}
          maskColor="color-mix(in srgb, var(--sunken) 70%, transparent)"
        />
      </ReactFlow>
    </section>
  );
}

/** The nodes are derived from the draft whenever it changes; between changes, a drag moves them. */
function useNodes() {
  const { edges, places, frozen } = useBuilder();
  const steps = useDraft((state) => state.steps);
  const selected = useDraft((state) => state.selected);
  const counted = useDraft((state) => state.counted);
  const drawn = useMemo(
    () => nodesOf(steps, edges, places, { counted, selected, frozen }),
    [steps, edges, places, counted, selected, frozen],
  );
  const [nodes, setNodes] = useState(drawn);
  useEffect(() => {
    setNodes((before) => {
      const measured = new Map(before.map((node) => [node.id, node.measured]));
      return drawn.map((node) => {
        const size = measured.get(node.id);
        return size ? { ...node, measured: size } : node;
      });
    });
  }, [drawn]);
  return [nodes, setNodes] as const;
}

/** Sizes and selection are already known from the draft, so React Flow's changes of those are ignored. */
function moved(changes: readonly NodeChange[]): NodeChange[] {
  return changes.filter((change) => change.type === "position" || change.type === "dimensions");
}
