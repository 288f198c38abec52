import { describe, expect, it } from "vitest";
import { type Box, middleOf, pathOf, route } from "./route";

const box = (x: number, y: number): Box => ({ x, y, width: 100, height: 60 });
const below = { x: 50, y: 60, side: "bottom", reach: 20 } as const;

function crosses(points: readonly { x: number; y: number }[], { x, y, width, height }: Box): boolean {
  return points.some((point, index) => {
    const next = points[index + 1];
    if (next === undefined) return false;
    return (
      Math.min(point.x, next.x) < x + width &&
      Math.max(point.x, next.x) > x &&
      Math.min(point.y, next.y) < y + height &&
      Math.max(point.y, next.y) > y
    );
  });
}

describe("the way of an edge", () => {
  it("is a line to a step straight below", () => {
    expect(route(below, { x: 50, y: 130 }, [box(0, 0), box(0, 130)])).toEqual([
      { x: 50, y: 60 },
      { x: 50, y: 130 },
    ]);
  });

  it("goes around the steps in between", () => {
    const between = [box(0, 130), box(10, 260)];
    const points = route(below, { x: 50, y: 400 }, [box(0, 0), ...between, box(0, 400)]);
    expect(between.some((one) => crosses(points, one))).toBe(false);
    expect(points.at(-1)).toEqual({ x: 50, y: 400 });
  });

  it("leads back up beside the steps that it passes", () => {
    const boxes = [box(0, 0), box(0, 130), box(0, 260)];
    const points = route({ x: 100, y: 300, side: "right", reach: 20 }, { x: 50, y: 0 }, boxes);
    expect(boxes.some((one) => crosses(points, one))).toBe(false);
  });

  it("has round corners, and its name on its longest part", () => {
    const points = [
      { x: 0, y: 0 },
      { x: 0, y: 100 },
      { x: 40, y: 100 },
    ];
    expect(pathOf(points, 10)).toBe("M 0 0 L 0 90 Q 0 100 10 100 L 40 100");
    expect(middleOf(points)).toEqual({ x: 0, y: 50, room: 100 });
  });
});
