import type { Point } from "./geometry";
import type { Places } from "./layout";

export type Direction = "up" | "down" | "left" | "right";

/** The step that an arrow key leads to: the nearest in that direction; straight ahead counts as nearer than aside. */
export function neighbour(places: Places, from: string, direction: Direction): string | null {
  const here = places.get(from);
  if (here === undefined) return null;
  let best: string | null = null;
  let shortest = Number.POSITIVE_INFINITY;
  for (const [uid, there] of places) {
    const length = uid === from ? Number.POSITIVE_INFINITY : distance(here, there, direction);
    if (length < shortest) {
      best = uid;
      shortest = length;
    }
  }
  return best;
}

function distance(from: Point, to: Point, direction: Direction): number {
  const vertical = direction === "up" || direction === "down";
  const sign = direction === "down" || direction === "right" ? 1 : -1;
  const ahead = sign * (vertical ? to.y - from.y : to.x - from.x);
  const aside = Math.abs(vertical ? to.x - from.x : to.y - from.y);
  return ahead <= 0 ? Number.POSITIVE_INFINITY : ahead + 3 * aside;
}
