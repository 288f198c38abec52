import { Graph, layout } from "@dagrejs/dagre";
import { isRaw } from "../model/config";
import type { DraftStep } from "../model/step";
import type { BuilderStep, Draft } from "./draft";
import { GAP, heightOf, PILL, PILL_GAP, type Point, WIDTH } from "./geometry";
import { type Edge, edgesOf } from "./graph";

/** The place of each step. Until a step is placed by hand, all are laid out from top to bottom after each change.
 * From then on every place is kept in `metadata.position`. */

export type Places = ReadonlyMap<string, Point>;

export function placesOf(draft: Draft, counted: boolean): Places {
  if (!draft.some((item) => placeOf(item.step))) return arranged(draft, counted);
  const places = new Map<string, Point>();
  for (const [index, item] of draft.entries()) {
    places.set(item.uid, placeOf(item.step) ?? below(draft[index - 1], places, counted));
  }
  return places;
}

/** Whether any step was placed by hand. */
export function isPlaced(draft: Draft): boolean {
  return draft.some((item) => placeOf(item.step) !== null);
}

/** The draft with these places stored in it. */
export function withPlaces(draft: Draft, places: Places): Draft {
  return draft.map((item) => {
    const at = places.get(item.uid);
    if (at === undefined) return item;
    const position = { x: Math.round(at.x), y: Math.round(at.y) };
    const now = placeOf(item.step);
    if (now?.x === position.x && now.y === position.y) return item;
    return { ...item, step: { ...item.step, metadata: { ...item.step.metadata, position } } };
  });
}

/** The draft with no places stored, so that it is laid out automatically. */
export function withoutPlaces(draft: Draft): Draft {
  return draft.map(unplaced);
}

/** Makes room for new steps in a draft whose places are kept: each is put below the step that leads to it, and the
 * steps below move down. Does nothing if no places are kept. */
export function withRoom(before: Draft, after: Draft, counted: boolean): Draft {
  const homeless = after.filter((item) => placeOf(item.step) === null);
  if (homeless.length === 0 || !isPlaced(before) || !isPlaced(after)) return after;
  const places = new Map(placesOf(before, counted));
  for (const { uid, step } of after) {
    const own = placeOf(step);
    if (own === null) places.delete(uid);
    else places.set(uid, own);
  }
  const edges = edgesOf(after);
  for (const item of homeless) {
    const from = edges.find((edge) => edge.target === item.uid && places.has(edge.source))?.source;
    const leader = after.find((one) => one.uid === from) ?? after[after.indexOf(item) - 1];
    const at = below(leader, places, counted);
    const room = heightOf(item.step, counted) + GAP.down;
    for (const [uid, place] of places) {
      if (place.y >= at.y - GAP.down / 2) places.set(uid, { x: place.x, y: place.y + room });
    }
    places.set(item.uid, at);
  }
  return withPlaces(after, places);
}

/** The draft without the stored place of that step. */
export function withoutPlace(draft: Draft, uid: string): Draft {
  return draft.map((item) => (item.uid === uid ? unplaced(item) : item));
}

function unplaced(item: BuilderStep): BuilderStep {
  if (!("position" in item.step.metadata)) return item;
  const { position: _, ...metadata } = item.step.metadata;
  return { ...item, step: { ...item.step, metadata } };
}

function placeOf(step: DraftStep): Point | null {
  const at = step.metadata.position;
  return isRaw(at) && Number.isFinite(at.x) && Number.isFinite(at.y)
    ? { x: at.x as number, y: at.y as number }
    : null;
}

function below(leader: BuilderStep | undefined, places: Places, counted: boolean): Point {
  const at = leader && places.get(leader.uid);
  if (!leader || !at) return { x: 0, y: 0 };
  return { x: at.x, y: at.y + heightOf(leader.step, counted) + GAP.down };
}

/** Caches the last automatic layout: typing in a field asks for it at every key and changes nothing. */
let last: { shape: string; places: Places } = { shape: "", places: new Map() };

function arranged(draft: Draft, counted: boolean): Places {
  const edges = edgesOf(draft);
  const shape = JSON.stringify([
    draft.map(({ uid, step }) => [uid, heightOf(step, counted)]),
    edges.map(({ source, target, end, outcome }) => [source, target, end, "goto" in outcome]),
  ]);
  if (shape !== last.shape) last = { shape, places: arrange(draft, edges, counted) };
  return last.places;
}

function arrange(draft: Draft, edges: readonly Edge[], counted: boolean): Places {
  const graph = new Graph();
  graph.setGraph({ rankdir: "TB", nodesep: GAP.across, ranksep: GAP.down, ranker: "network-simplex" });
  graph.setDefaultEdgeLabel(() => ({}));
  const stopping = new Set(edges.filter((edge) => edge.end === "stopped").map((edge) => edge.source));
  for (const { uid, step } of draft) {
    const beside = stopping.has(uid) ? 2 * (PILL_GAP + PILL.width) : 0;
    graph.setNode(uid, { width: WIDTH + beside, height: heightOf(step, counted) });
  }
  for (const edge of edges) {
    if (edge.target === null || edge.target === edge.source) continue;
    graph.setEdge(edge.source, edge.target, { weight: "goto" in edge.outcome ? 1 : 4 });
  }
  layout(graph);
  return new Map(
    draft.map(({ uid, step }) => {
      const { x = 0, y = 0 } = graph.node(uid) as Partial<Point>;
      return [uid, { x: Math.round(x - WIDTH / 2), y: Math.round(y - heightOf(step, counted) / 2) }] as const;
    }),
  );
}
