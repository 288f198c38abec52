import type { ReactNode } from "react";
import styles from "./fields.module.css";
import { useAnyProblem, useProblem } from "./problems-context";

/** A section of the panel with a heading. */
export function Group({
  title,
  actions,
  children,
}: {
  title: string;
  actions?: ReactNode;
  children: ReactNode;
}) {
  return (
    <section className={styles.group}>
      <div className={styles.groupHead}>
        <h3>{title}</h3>
        {actions}
      </div>
      {children}
    </section>
  );
}

/** A problem of something that is not a single field: a branch, a list. */
export function ProblemAt({ path }: { path: string }) {
  const problem = useProblem(path);
  return problem ? <p className={styles.error}>{problem}</p> : null;
}

/** Marks a control that hides a field with a problem. */
export function ProblemDot({ paths }: { paths: readonly string[] }) {
  return useAnyProblem(...paths) ? (
    <span className={styles.dot} role="img" aria-label="has a problem" />
  ) : null;
}
