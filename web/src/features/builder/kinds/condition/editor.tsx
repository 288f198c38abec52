import { Plus } from "lucide-react";
import { useRef, useState } from "react";
import { Button } from "@/ui/inputs/button";
import { Group, ProblemAt } from "../../fields/group";
import { OutcomeField } from "../../fields/outcome-field";
import { isRaw, listOf, moved, patched, places, type Raw, replaced, without } from "../../model/config";
import type { EditorProps } from "../kind";
import { BranchCard } from "./branch-card";
import styles from "./condition.module.css";
import { changedBranch, newTest, writeTest } from "./condition-tree";

const MOST = 20;
/** With more branches than this, they start folded, each as one sentence. */
const FEW = 2;

export function ConditionEditor({ step, steps, config, onConfig }: EditorProps) {
  const branches = listOf(config, "branches").map((branch) => (isRaw(branch) ? branch : {}));
  const add = useRef<HTMLButtonElement>(null);
  const [atFirst] = useState(branches.length);
  const few = atFirst <= FEW;
  const setBranches = (next: readonly Raw[]) => onConfig(patched(config, { branches: next }));
  function remove(index: number) {
    setBranches(without(branches, index));
    // The element that had the focus is gone, so the focus moves to the button.
    requestAnimationFrame(() => add.current?.focus());
  }
  return (
    <Group title="Branches">
      <p className={styles.lead}>
        The first branch whose condition is true is taken. It is decided once, when the lead gets here.
      </p>
      <ProblemAt path="config.branches" />
      <ol className={styles.branches}>
        {places(branches).map((place, index) => (
          <BranchCard
            key={place}
            branch={branches[index] ?? {}}
            index={index}
            count={branches.length}
            startsOpen={few || index >= atFirst}
            step={step}
            steps={steps}
            onChange={(branch) => setBranches(replaced(branches, index, branch))}
            onMove={(by) => setBranches(moved(branches, index, by))}
            full={branches.length >= MOST}
            onCopy={() =>
              setBranches([
                ...branches.slice(0, index + 1),
                branches[index] ?? {},
                ...branches.slice(index + 1),
              ])
            }
            onRemove={() => remove(index)}
          />
        ))}
      </ol>
      <Button
        ref={add}
        size="sm"
        disabled={branches.length >= MOST}
        onClick={() =>
          setBranches([...branches, changedBranch({}, writeTest(newTest()), { continue: true })])
        }
      >
        <Plus aria-hidden="true" />
        Add a branch
      </Button>
      <div className={styles.branch}>
        <OutcomeField
          label="Else"
          path="config.else"
          outcome={config.else}
          step={step}
          steps={steps}
          onChange={(outcome) => onConfig(patched(config, { else: outcome }))}
        />
      </div>
    </Group>
  );
}
