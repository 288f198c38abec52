/** The duration of a move of the canvas in milliseconds: zero if the user prefers reduced motion. */
export function duration(milliseconds: number): number {
  return matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : milliseconds;
}
