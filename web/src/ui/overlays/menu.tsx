import { DropdownMenu } from "radix-ui";
import { type ReactNode, useRef } from "react";
import styles from "./menu.module.css";
import { menuOpenedBy } from "./opener";

/** A menu that opens from a button. `trigger` is that button. */
export function Menu({ trigger, children }: { trigger: ReactNode; children: ReactNode }) {
  const button = useRef<HTMLButtonElement>(null);
  return (
    // Not modal: a modal menu hides the page from assistive technology, and leaves it hidden if an item removes the
    // menu itself.
    <DropdownMenu.Root modal={false} onOpenChange={(open) => open && menuOpenedBy(button.current)}>
      <DropdownMenu.Trigger asChild ref={button}>
        {trigger}
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          className={styles.menu}
          align="end"
          sideOffset={4}
          // A toast that closes gives the focus back: that must not close a menu that was just opened.
          onFocusOutside={(event) => event.preventDefault()}
        >
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

export function MenuItem({
  onSelect,
  danger = false,
  disabled = false,
  children,
}: {
  onSelect: () => void;
  danger?: boolean;
  disabled?: boolean;
  children: ReactNode;
}) {
  return (
    <DropdownMenu.Item
      className={`${styles.item} ${danger ? styles.danger : ""}`}
      disabled={disabled}
      onSelect={onSelect}
    >
      {children}
    </DropdownMenu.Item>
  );
}

export function MenuLine() {
  return <DropdownMenu.Separator className={styles.line} />;
}
