import { describe, expect, it } from "vitest";
import { step } from "../model/fixtures";
import type { Draft } from "./draft";
import { insertAfter } from "./edits";
import { draftOf, fork } from "./fixtures";
import { heightOf, WIDTH } from "./geometry";
import { placesOf, withoutPlaces, withPlaces, withRoom } from "./layout";
import { neighbour } from "./neighbours";

function many(count: number): Draft {
  return draftOf(
    ...Array.from({ length: count }, (_, index) =>
      index % 5 === 2 && index + 4 < count ? fork(`s${index}`, { goto: `s${index + 4}` }) : step(`s${index}`),
    ),
  );
}

function overlaps(draft: Draft): string[] {
  const boxes = [...placesOf(draft, true)].map(([uid, at]) => {
    const found = draft.find((item) => item.uid === uid);
    return { uid, ...at, height: found ? heightOf(found.step, true) : 0 };
  });
  return boxes.flatMap((one, index) =>
    boxes
      .slice(index + 1)
      .filter(
        (other) =>
          Math.abs(one.x - other.x) < WIDTH && one.y < other.y + other.height && other.y < one.y + one.height,
      )
      .map((other) => `${one.uid} ${other.uid}`),
  );
}

describe("steps that nobody has placed", () => {
  it.each([3, 10, 50, 200])("lie without overlaps: %i", (count) => {
    expect(overlaps(many(count))).toEqual([]);
  });

  it("run straight down in their order", () => {
    const places = [...placesOf(draftOf(step("a"), step("b"), step("c")), false).values()];
    expect(new Set(places.map((at) => at.x)).size).toBe(1);
    expect(places.map((at) => at.y)).toEqual(places.map((at) => at.y).toSorted((a, b) => a - b));
  });

  it("may lead back, and to themselves", () => {
    expect(overlaps(draftOf(step("a"), fork("f", { goto: "a" }, { goto: "f" }), step("island")))).toEqual([]);
  });
});

describe("steps that somebody has placed", () => {
  const draft = draftOf(step("a"), step("b"), step("c"));
  const placed = withPlaces(draft, new Map([["b", { x: 400.4, y: 30 }]]));

  it("stand there to the pixel", () => {
    expect(placed[1]?.step.metadata).toEqual({ position: { x: 400, y: 30 } });
    expect(placesOf(placed, true).get("b")).toEqual({ x: 400, y: 30 });
    const again = withPlaces(placed, placesOf(placed, true));
    expect(placesOf(again, false)).toEqual(placesOf(again, true));
  });

  it("do not change by being placed where they are", () => {
    const whole = withPlaces(draft, placesOf(draft, false));
    expect(withPlaces(whole, placesOf(whole, false)).every((item, index) => item === whole[index])).toBe(
      true,
    );
  });

  it("make room for a new one", () => {
    const whole = withPlaces(draft, placesOf(draft, false));
    const after = withRoom(whole, insertAfter(whole, "a", { uid: "new", step: step("new") }), false);
    expect(overlaps(after)).toEqual([]);
    expect(placesOf(after, false).get("a")).toEqual(placesOf(whole, false).get("a"));
    expect(placesOf(after, false).get("new")).toEqual(placesOf(whole, false).get("b"));
  });

  it("are laid out again when their places are forgotten", () => {
    expect(placesOf(withoutPlaces(placed), false)).toEqual(placesOf(draft, false));
  });
});

describe("an arrow key", () => {
  const places = new Map([
    ["top", { x: 0, y: 0 }],
    ["left", { x: -200, y: 100 }],
    ["right", { x: 200, y: 110 }],
    ["bottom", { x: 0, y: 220 }],
  ]);

  it("moves to the nearest step in that direction", () => {
    expect(neighbour(places, "left", "right")).toBe("right");
    expect(neighbour(places, "top", "down")).toBe("bottom");
    expect(neighbour(places, "bottom", "left")).toBe("left");
    expect(neighbour(places, "top", "up")).toBe(null);
  });
});
