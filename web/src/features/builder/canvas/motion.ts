/** How long a move of the canvas takes, in milliseconds: none where motion is not wanted. */
export function duration(milliseconds: number): number {
  return matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : milliseconds;
}
