/** How far from an edge a drop still counts as on it, in CSS pixels. */
const NEAR = 16;
const AROUND = [
  [0, 0],
  [0, -NEAR],
  [0, NEAR],
  [-NEAR, 0],
  [NEAR, 0],
] as const;

/** The ID of the edge at that point of the window or close to it, whatever lies above it. */
export function edgeUnder(x: number, y: number): string | null {
  for (const [right, down] of AROUND) {
    for (const element of document.elementsFromPoint(x + right, y + down)) {
      const edge = element.closest(".react-flow__edge");
      if (edge instanceof SVGElement) return edge.dataset.id ?? null;
    }
  }
  return null;
}
