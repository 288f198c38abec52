/** Gives every element this size in pixels, since happy-dom has no layout: without one, a list that draws only what is in
 * sight draws nothing. Returns what takes the size away again. */
export function giveEveryElementASize({ width, height }: { width: number; height: number }): () => void {
  const sizes = { offsetWidth: width, offsetHeight: height, clientWidth: width, clientHeight: height };
  const { prototype } = HTMLElement;
  for (const [name, value] of Object.entries(sizes)) {
    Object.defineProperty(prototype, name, { configurable: true, get: () => value });
  }
  return () => {
    for (const name of Object.keys(sizes)) Reflect.deleteProperty(prototype, name);
  };
}
