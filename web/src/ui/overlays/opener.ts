/** What a dialog gives the focus back to. Where an item of a menu opened it, that is the menu's button: the item is gone. */

let menuButton: HTMLElement | null = null;

export function menuOpenedBy(button: HTMLElement | null): void {
  menuButton = button;
}

/** To be asked while the dialog opens, before it takes the focus. */
export function openerOfDialog(): HTMLElement | null {
  const focused = document.activeElement;
  const gone = focused === document.body || focused?.closest("[role=menu]");
  return gone || !(focused instanceof HTMLElement) ? menuButton : focused;
}
