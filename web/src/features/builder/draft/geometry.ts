import type { CSSProperties } from "react";
import type { Outlet } from "../model/outcome";
import type { DraftStep } from "../model/step";
import { branches, outlets } from "./outlets";

/** The sizes of everything on the canvas, in its own pixels. The stylesheets get them from here, as CSS variables. */

export const WIDTH = 264;
const HEAD = 64;
const ROW = 28;
const COUNTS = 29;
const BORDER = 1;
export const PILL = { width: 132, height: 26 };
export const PILL_GAP = 40;
export const GAP = { across: 56, down: 68 };

export interface Point {
  x: number;
  y: number;
}

export interface Port extends Outlet {
  side: "right" | "bottom";
  /** Relative to the upper left corner of the step. */
  at: Point;
}

/** For the stylesheets. */
export const SIZES = {
  "--node-head": `${HEAD}px`,
  "--node-row": `${ROW}px`,
  "--node-counts": `${COUNTS}px`,
} as CSSProperties;

export function heightOf(step: DraftStep, counted: boolean): number {
  return HEAD + rowsHeight(step) + (counted ? COUNTS : 0);
}

/** Where the ways out begin: the last one at the bottom, so that the main line runs straight down, the others at the
 * right of their rows. A way that stops leaves to the right. */
export function ports(step: DraftStep, counted: boolean, steps: readonly DraftStep[] = []): readonly Port[] {
  const all = outlets(step, steps);
  return all.map((outlet, index) => {
    const below = index === all.length - 1 && !("stop" in outlet.outcome);
    return below
      ? { ...outlet, side: "bottom", at: { x: WIDTH / 2, y: heightOf(step, counted) } }
      : { ...outlet, side: "right", at: { x: WIDTH, y: HEAD + BORDER + ROW * (index + 0.5) } };
  });
}

/** The place of the mark of an end: beside or below the port. */
export function pillAt(step: Point, port: Port): Point {
  return port.side === "right"
    ? { x: step.x + port.at.x + PILL_GAP, y: step.y + port.at.y - PILL.height / 2 }
    : { x: step.x + port.at.x - PILL.width / 2, y: step.y + port.at.y + PILL_GAP };
}

function rowsHeight(step: DraftStep): number {
  return branches(step) ? BORDER + ROW * outlets(step).length : 0;
}
