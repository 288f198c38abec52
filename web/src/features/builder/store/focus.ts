/** The element ID of the panel of the open step. */
export const PANEL_ID = "step-panel";

/** Gives the focus to the node of a step on the canvas, after the next frame has drawn it. */
export function focusStep(uid: string): void {
  requestAnimationFrame(() => {
    const node = document.querySelector(`.react-flow__node[data-id="${CSS.escape(uid)}"]`);
    if (node instanceof HTMLElement) node.focus({ preventScroll: true });
  });
}
