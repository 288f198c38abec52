import { type Edge as FlowEdge, MarkerType, type Node } from "@xyflow/react";
import { type Draft, titleOf } from "../draft/draft";
import { heightOf, PILL, type Port, pillAt, ports, WIDTH } from "../draft/geometry";
import type { Edge } from "../draft/graph";
import type { Places } from "../draft/layout";
import type { Box } from "../draft/route";
import { kindOf } from "../kinds";
import { shortSummaryOf } from "../kinds/summary";

/** Converts the draft to the nodes and edges of React Flow. */

interface Shown {
  counted: boolean;
  selected: string | null;
  frozen: boolean;
}

export function nodesOf(draft: Draft, edges: readonly Edge[], places: Places, shown: Shown): Node[] {
  const all = draft.map((item) => item.step);
  const steps = draft.map(
    ({ uid, step }): Node => ({
      id: uid,
      type: "step",
      position: places.get(uid) ?? { x: 0, y: 0 },
      data: {},
      width: WIDTH,
      height: heightOf(step, shown.counted),
      selected: shown.selected === uid,
      draggable: !shown.frozen,
      ariaLabel: [kindOf(step.type).label, titleOf(step), shortSummaryOf(step, all)].join(", "),
    }),
  );
  return [...steps, ...ends(draft, edges, places, shown)];
}

export function flowEdgesOf(
  draft: Draft,
  edges: readonly Edge[],
  over: string | null,
  boxes: readonly Box[],
): FlowEdge[] {
  const titles = new Map(draft.map(({ uid, step }) => [uid, titleOf(step)]));
  const said = ({ source, target, end, label }: Edge) =>
    `${titles.get(source)} to ${target === null ? end : titles.get(target)}${label && `: ${label}`}`;
  return edges.map((edge) => ({
    ariaLabel: said(edge),
    id: edge.id,
    type: "way",
    source: edge.source,
    sourceHandle: edge.outlet,
    target: edge.target ?? endOf(edge.id),
    targetHandle: "in",
    data: { edge, over: edge.id === over, boxes },
    reconnectable: edge.target === null ? false : ("target" as const),
    ...(edge.target === null
      ? {}
      : { markerEnd: { type: MarkerType.ArrowClosed, width: 14, height: 14, color: "var(--edge)" } }),
  }));
}

/** The boxes that edges have to go around. A step that is being dragged does not count: it may be dropped on an
 * edge. */
export function boxesOf(nodes: readonly Node[]): readonly Box[] {
  return nodes
    .filter((node) => node.type === "step" && node.dragging !== true)
    .map(({ position, width = WIDTH, height = 0 }) => ({ ...position, width, height }));
}

/** Moves the marks of the ends along with their steps. */
export function withEnds(nodes: Node[]): Node[] {
  const places = new Map(nodes.map((node) => [node.id, node.position]));
  return nodes.map((node) => {
    if (node.type !== "end") return node;
    const { edge, port } = node.data as { edge: Edge; port: Port };
    const at = pillAt(places.get(edge.source) ?? node.position, port);
    return at.x === node.position.x && at.y === node.position.y ? node : { ...node, position: at };
  });
}

function ends(draft: Draft, edges: readonly Edge[], places: Places, shown: Shown): Node[] {
  const open = new Map(edges.filter((edge) => edge.target === null).map((edge) => [edge.id, edge]));
  return draft.flatMap(({ uid, step }) =>
    ports(step, shown.counted).flatMap((port) => {
      const edge = open.get(`${uid}/${port.name}`);
      if (edge === undefined) return [];
      return [
        {
          id: endOf(edge.id),
          type: "end",
          position: pillAt(places.get(uid) ?? { x: 0, y: 0 }, port),
          data: { edge, port, side: port.side },
          width: PILL.width,
          height: PILL.height,
          draggable: false,
          focusable: false,
          selectable: false,
        },
      ];
    }),
  );
}

function endOf(edgeId: string): string {
  return `${edgeId}/end`;
}
