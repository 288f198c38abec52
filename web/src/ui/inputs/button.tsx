import type { ComponentProps } from "react";
import styles from "./button.module.css";

interface ButtonProps extends ComponentProps<"button"> {
  look?: "primary" | "secondary" | "quiet" | "danger";
  size?: "md" | "sm";
  /** Square, for a single icon. Needs an `aria-label`. */
  icon?: boolean;
  /** What it started is still running: it cannot be pressed again. */
  busy?: boolean;
}

export function Button({
  look = "secondary",
  size = "md",
  icon = false,
  busy = false,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      aria-busy={busy || undefined}
      disabled={busy || rest.disabled}
      className={buttonClass({ look, size, icon, extra: rest.className })}
    />
  );
}

/** For links that look like buttons. */
export function buttonClass({
  look = "secondary",
  size = "md",
  icon = false,
  extra = "",
}: {
  look?: string | undefined;
  size?: string | undefined;
  icon?: boolean;
  extra?: string | undefined;
} = {}): string {
  return [styles.button, styles[look], styles[size], icon ? styles.icon : "", extra]
    .filter(Boolean)
    .join(" ");
}
