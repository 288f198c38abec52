import { CircleAlert } from "lucide-react";
import { plural } from "@/lib/format";
import { Button } from "@/ui/inputs/button";
import { Menu, MenuItem } from "@/ui/overlays/menu";
import { titleOf } from "../draft/draft";
import { useBuilder, useDraft } from "../store/builder-context";
import styles from "./header.module.css";

/** All problems that keep the sequence from running. Choosing one opens its step. */
export function ProblemsMenu() {
  const { problems, store } = useBuilder();
  const steps = useDraft((state) => state.steps);
  // Without steps, the canvas says so itself.
  if (problems.count === 0 || steps.length === 0) return null;
  return (
    <Menu
      trigger={
        <Button look="danger" aria-label={plural(problems.count, "problem")}>
          <CircleAlert />
          {problems.count}
          <span className={styles.word}>{problems.count === 1 ? "problem" : "problems"}</span>
        </Button>
      }
    >
      <div className={styles.problems}>
        {problems.general.map((problem) => (
          <MenuItem key={problem.field + problem.code} onSelect={() => undefined}>
            <span className={styles.problem}>
              <strong>The sequence</strong>
              {problem.detail}
            </span>
          </MenuItem>
        ))}
        {steps.flatMap(({ uid, step }) =>
          (problems.byStep.get(uid) ?? []).map((problem) => (
            <MenuItem
              key={`${uid} ${problem.field} ${problem.code}`}
              onSelect={() => store.getState().select(uid)}
            >
              <span className={styles.problem}>
                <strong>{titleOf(step)}</strong>
                {problem.detail}
              </span>
            </MenuItem>
          )),
        )}
      </div>
    </Menu>
  );
}
