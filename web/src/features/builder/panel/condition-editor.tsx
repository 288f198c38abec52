import { ArrowDown, ArrowUp, Copy, Ellipsis, Plus, Trash2 } from "lucide-react";
import { useRef } from "react";
import { Button } from "@/ui/button";
import { Menu, MenuItem, MenuLine } from "@/ui/menu";
import type { DraftStep } from "../model";
import styles from "./condition.module.css";
import { newTest, readTest, writeTest } from "./condition-tree";
import { isRaw, listOf, moved, patched, places, type Raw, replaced, without } from "./config";
import { OutcomeField } from "./outcome-field";
import { Group, ProblemAt } from "./parts";
import type { EditorProps } from "./step-panel";
import { TestEditor } from "./test-editor";

const MOST = 20;

export function ConditionEditor({ step, steps, config, onConfig }: EditorProps) {
  const branches = listOf(config, "branches").map((branch) => (isRaw(branch) ? branch : {}));
  const add = useRef<HTMLButtonElement>(null);
  const setBranches = (next: readonly Raw[]) => onConfig(patched(config, { branches: next }));
  function remove(index: number) {
    setBranches(without(branches, index));
    // What had the focus is gone: the keyboard goes on from here.
    requestAnimationFrame(() => add.current?.focus());
  }
  return (
    <Group title="Branches">
      <p className={styles.lead}>
        The first branch that holds decides. It is asked once, when the lead gets here.
      </p>
      <ProblemAt path="config.branches" />
      <ol className={styles.branches}>
        {places(branches).map((place, index) => (
          <BranchCard
            key={place}
            branch={branches[index] ?? {}}
            index={index}
            count={branches.length}
            step={step}
            steps={steps}
            onChange={(branch) => setBranches(replaced(branches, index, branch))}
            onMove={(by) => setBranches(moved(branches, index, by))}
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
        onClick={() => setBranches([...branches, { if: writeTest(newTest()), then: { continue: true } }])}
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

interface BranchCardProps {
  branch: Raw;
  index: number;
  count: number;
  step: DraftStep;
  steps: readonly DraftStep[];
  onChange: (branch: Raw) => void;
  onMove: (by: -1 | 1) => void;
  onCopy: () => void;
  onRemove: () => void;
}

function BranchCard({
  branch,
  index,
  count,
  step,
  steps,
  onChange,
  onMove,
  onCopy,
  onRemove,
}: BranchCardProps) {
  const path = `config.branches[${index}]`;
  return (
    <li className={styles.branch} aria-label={`Branch ${index + 1}`}>
      <div className={styles.branchHead}>
        <span className={styles.word}>{index === 0 ? "If" : "Else if"}</span>
        <Menu
          trigger={
            <Button look="quiet" size="sm" icon aria-label={`More for branch ${index + 1}`}>
              <Ellipsis aria-hidden="true" />
            </Button>
          }
        >
          <MenuItem disabled={index === 0} onSelect={() => onMove(-1)}>
            <ArrowUp aria-hidden="true" />
            Ask earlier
          </MenuItem>
          <MenuItem disabled={index === count - 1} onSelect={() => onMove(1)}>
            <ArrowDown aria-hidden="true" />
            Ask later
          </MenuItem>
          <MenuItem disabled={count >= MOST} onSelect={onCopy}>
            <Copy aria-hidden="true" />
            Duplicate
          </MenuItem>
          <MenuLine />
          <MenuItem danger onSelect={onRemove}>
            <Trash2 aria-hidden="true" />
            Remove the branch
          </MenuItem>
        </Menu>
      </div>
      <TestEditor
        test={readTest(branch.if)}
        path={`${path}.if`}
        steps={steps}
        onChange={(test) => onChange(patched(branch, { if: writeTest(test) }))}
      />
      <OutcomeField
        label="Then"
        path={`${path}.then`}
        outcome={branch.then}
        step={step}
        steps={steps}
        onChange={(outcome) => onChange(patched(branch, { then: outcome }))}
      />
    </li>
  );
}
