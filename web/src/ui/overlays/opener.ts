/** The element that gets the focus back when a dialog closes. If a menu item opened the dialog, that is the button of
 * the menu, since the item is gone. */

let menuButton: HTMLElement | null = null;

export function menuOpenedBy(button: HTMLElement | null): void {
  menuButton = button;
}

/** To be called while the dialog opens, before it takes the focus. */
export function openerOfDialog(): HTMLElement | null {
  const focused = document.activeElement;
  const gone = focused === document.body || focused?.closest("[role=menu]");
  return gone || !(focused instanceof HTMLElement) ? menuButton : focused;
}
