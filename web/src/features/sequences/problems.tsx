import type { FieldProblem } from "@/api/problem";
import { type NamedStep, placeOf } from "./problem-place";
import styles from "./problems.module.css";

/** The problems that keep a sequence from running, each with its place. */
export function Problems({
  problems,
  steps,
}: {
  problems: readonly FieldProblem[];
  steps?: readonly NamedStep[];
}) {
  return (
    <div role="alert">
      <ul className={styles.problems}>
        {problems.map((problem) => (
          <li key={`${problem.field} ${problem.code} ${problem.detail}`}>
            <strong>{placeOf(problem.field, steps)}</strong>
            <span>{problem.detail}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
