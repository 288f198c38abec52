import type { ComponentProps } from "react";
import styles from "./table.module.css";

/** A plain table with the house's look; it scrolls sideways in its own frame where it must. `label` names it. */
export function Table({ label, children, ...rest }: ComponentProps<"table"> & { label: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a frame that scrolls must be reachable by keyboard
    <section className={styles.frame} aria-label={label} tabIndex={0}>
      <table {...rest} className={`${styles.table} ${rest.className ?? ""}`}>
        <caption className="visually-hidden">{label}</caption>
        {children}
      </table>
    </section>
  );
}
