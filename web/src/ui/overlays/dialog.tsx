import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { type ReactNode, useRef } from "react";
import { Button } from "../inputs/button";
import styles from "./dialog.module.css";
import { openerOfDialog } from "./opener";

interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description?: ReactNode;
  wide?: boolean;
  /** Opens at the right edge at full height, for what is read beside the page. */
  drawer?: boolean;
  children?: ReactNode;
  footer?: ReactNode;
}

export function Dialog({
  open,
  onOpenChange,
  title,
  description,
  wide,
  drawer,
  children,
  footer,
}: DialogProps) {
  const opener = useRef<HTMLElement>(null);
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className={styles.scrim} />
        <Radix.Content
          className={`${drawer ? styles.drawer : styles.dialog} ${wide ? styles.wide : ""}`}
          {...(description ? {} : { "aria-describedby": undefined })}
          onOpenAutoFocus={() => {
            opener.current = openerOfDialog();
          }}
          onCloseAutoFocus={(event) => {
            // Radix knows no trigger for it, so the focus would be lost.
            event.preventDefault();
            opener.current?.focus();
          }}
        >
          <div className={styles.head}>
            <Radix.Title className={styles.title}>{title}</Radix.Title>
            <Radix.Close asChild>
              <Button look="quiet" size="sm" icon aria-label="Close">
                <X />
              </Button>
            </Radix.Close>
          </div>
          {description && <Radix.Description className={styles.description}>{description}</Radix.Description>}
          {children && <div className={styles.body}>{children}</div>}
          {footer && <div className={styles.footer}>{footer}</div>}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** Asks for confirmation of what cannot be undone. */
export function Confirm({
  confirm,
  busy = false,
  onConfirm,
  children,
  ...dialog
}: Omit<DialogProps, "footer"> & { confirm: string; busy?: boolean; onConfirm: () => void }) {
  return (
    <Dialog
      {...dialog}
      footer={
        <>
          <Button onClick={() => dialog.onOpenChange(false)}>Cancel</Button>
          <Button look="danger" busy={busy} onClick={onConfirm}>
            {confirm}
          </Button>
        </>
      }
    >
      {children}
    </Dialog>
  );
}
