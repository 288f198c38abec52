/** The ID of the edge at that point of the window, through whatever lies above it. */
export function edgeUnder(x: number, y: number): string | null {
  for (const element of document.elementsFromPoint(x, y)) {
    const edge = element.closest(".react-flow__edge");
    if (edge instanceof SVGElement) return edge.dataset.id ?? null;
  }
  return null;
}
