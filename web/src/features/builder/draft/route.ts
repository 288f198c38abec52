import type { Point } from "./geometry";

/** The route of an edge between the steps: down (or out to the right), along a lane that is free of steps, and down
 * into its target. */

export interface Box extends Point {
  width: number;
  height: number;
}

export interface Exit extends Point {
  side: "right" | "bottom";
  /** How far it runs straight before it turns. */
  reach: number;
}

const CLEAR = 12;
const ENTRY = 26;

export function route(from: Exit, to: Point, boxes: readonly Box[]): readonly Point[] {
  const start =
    from.side === "right" ? { x: from.x + from.reach, y: from.y } : { x: from.x, y: from.y + from.reach };
  const entry = { x: to.x, y: to.y - ENTRY };
  const x = laneOf(start, entry, boxes, from.reach);
  return straightened([from, start, { x, y: start.y }, { x, y: entry.y }, entry, to]);
}

/** An SVG path through these points with rounded corners. */
export function pathOf(points: readonly Point[], radius: number): string {
  return points
    .map((point, index) => {
      const before = points[index - 1];
      const after = points[index + 1];
      if (before === undefined) return `M ${point.x} ${point.y}`;
      if (after === undefined) return `L ${point.x} ${point.y}`;
      const size = Math.min(radius, length(before, point) / 2, length(point, after) / 2);
      const enter = towards(point, before, size);
      const leave = towards(point, after, size);
      return `L ${enter.x} ${enter.y} Q ${point.x} ${point.y} ${leave.x} ${leave.y}`;
    })
    .join(" ");
}

/** The place of the label: the middle of the longest part, and the length of that part. */
export function middleOf(points: readonly Point[]): Point & { room: number } {
  let best: Point = points[0] ?? { x: 0, y: 0 };
  let longest = 0;
  for (const [index, point] of points.entries()) {
    const next = points[index + 1];
    if (next === undefined || length(point, next) <= longest) continue;
    longest = length(point, next);
    best = { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
  }
  return { ...best, room: longest };
}

/** The free lane with the shortest route. If none is free, straight through. */
function laneOf(start: Point, end: Point, boxes: readonly Box[], beside: number): number {
  const top = Math.min(start.y, end.y);
  const bottom = Math.max(start.y, end.y);
  const between = boxes.filter((box) => box.y - CLEAR < bottom && box.y + box.height + CLEAR > top);
  const lanes = [end.x, start.x, ...between.flatMap((box) => [box.x - beside, box.x + box.width + beside])];
  const free = lanes.filter((x) =>
    between.every((box) => x <= box.x - CLEAR || x >= box.x + box.width + CLEAR),
  );
  const cost = (x: number) => Math.abs(x - start.x) + Math.abs(x - end.x);
  return free.toSorted((a, b) => cost(a) - cost(b))[0] ?? end.x;
}

/** Removes points that lie on a line between their neighbours. */
function straightened(points: readonly Point[]): readonly Point[] {
  const kept: Point[] = [];
  for (const [index, { x, y }] of points.entries()) {
    const before = kept.at(-1);
    const after = points[index + 1];
    if (before?.x === x && before.y === y) continue;
    const between = before !== undefined && after !== undefined;
    if (between && ((before.x === x && after.x === x) || (before.y === y && after.y === y))) continue;
    kept.push({ x, y });
  }
  return kept;
}

function length(one: Point, other: Point): number {
  return Math.abs(one.x - other.x) + Math.abs(one.y - other.y);
}

function towards(from: Point, to: Point, distance: number): Point {
  const all = length(from, to) || 1;
  return {
    x: from.x + ((to.x - from.x) * distance) / all,
    y: from.y + ((to.y - from.y) * distance) / all,
  };
}
