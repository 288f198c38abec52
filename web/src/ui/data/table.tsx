import type { ComponentProps } from "react";
import styles from "./table.module.css";

/** A plain table that scrolls sideways in its own frame if needed. `label` names it. With `stack`, its rows are cards
 * on a phone, for lists whose cells need no column names. */
export function Table({
  label,
  stack = false,
  children,
  ...rest
}: ComponentProps<"table"> & { label: string; stack?: boolean }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a frame that scrolls must be reachable by keyboard
    <section className={styles.frame} aria-label={label} tabIndex={0}>
      <table {...rest} className={`${styles.table} ${stack ? styles.stack : ""} ${rest.className ?? ""}`}>
        <caption className="visually-hidden">{label}</caption>
        {children}
      </table>
    </section>
  );
}

/** The head of a table: the column names, and an empty one for the buttons of each row. */
export function Heads({ names, actions = false }: { names: readonly string[]; actions?: boolean }) {
  return (
    <thead>
      <tr>
        {names.map((name) => (
          <th key={name} scope="col">
            {name}
          </th>
        ))}
        {actions && (
          <th scope="col">
            <span className="visually-hidden">Actions</span>
          </th>
        )}
      </tr>
    </thead>
  );
}
