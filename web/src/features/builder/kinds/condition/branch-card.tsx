import { ArrowDown, ArrowUp, ChevronDown, ChevronRight, Copy, Ellipsis, Trash2 } from "lucide-react";
import { useId, useState } from "react";
import { Button } from "@/ui/inputs/button";
import { Menu, MenuItem, MenuLine } from "@/ui/overlays/menu";
import { OutcomeField } from "../../fields/outcome-field";
import { useAnyProblem } from "../../fields/problems-context";
import type { Raw } from "../../model/config";
import type { DraftStep } from "../../model/step";
import { outcomeWords } from "../../model/words";
import styles from "./condition.module.css";
import { changedBranch, readTest, writeTest } from "./condition-tree";
import { testWords } from "./summary";
import { TestEditor } from "./test-editor";

interface BranchCardProps {
  branch: Raw;
  index: number;
  count: number;
  startsOpen: boolean;
  /** The condition has as many branches as it may have. */
  full: boolean;
  step: DraftStep;
  steps: readonly DraftStep[];
  onChange: (branch: Raw) => void;
  onMove: (by: -1 | 1) => void;
  onCopy: () => void;
  onRemove: () => void;
}

/** A test and where it leads. Folded, both are one sentence. */
export function BranchCard({ branch, index, startsOpen, step, steps, onChange, ...deeds }: BranchCardProps) {
  const body = useId();
  const path = `config.branches[${index}]`;
  const wrong = useAnyProblem(path);
  const [unfolded, setUnfolded] = useState(startsOpen);
  const open = unfolded || wrong;
  const word = index === 0 ? "If" : "Else if";
  const test = readTest(branch.if);
  return (
    <li className={styles.branch} aria-label={`Branch ${index + 1}`}>
      <div className={styles.branchHead}>
        <button
          type="button"
          className={styles.fold}
          aria-expanded={open}
          aria-controls={body}
          onClick={() => setUnfolded(!open)}
        >
          {open ? <ChevronDown aria-hidden="true" /> : <ChevronRight aria-hidden="true" />}
          <span>
            <strong>{word}</strong>
            {!open && ` ${testWords(test, steps)}: ${outcomeWords(branch.then, steps)}`}
          </span>
        </button>
        <BranchMenu index={index} {...deeds} />
      </div>
      {/* Folding hides the fields without unmounting them, so that half-typed text is kept. */}
      <div id={body} className={styles.branchBody} hidden={!open}>
        <TestEditor
          test={test}
          path={`${path}.if`}
          steps={steps}
          onChange={(changed) => onChange(changedBranch(branch, writeTest(changed), branch.then))}
        />
        <OutcomeField
          label="Then"
          path={`${path}.then`}
          outcome={branch.then}
          step={step}
          steps={steps}
          onChange={(outcome) => onChange(changedBranch(branch, branch.if, outcome))}
        />
      </div>
    </li>
  );
}

type BranchMenuProps = Pick<BranchCardProps, "index" | "count" | "full" | "onMove" | "onCopy" | "onRemove">;

function BranchMenu({ index, count, full, onMove, onCopy, onRemove }: BranchMenuProps) {
  return (
    <Menu
      trigger={
        <Button look="quiet" size="sm" icon aria-label={`More for branch ${index + 1}`}>
          <Ellipsis aria-hidden="true" />
        </Button>
      }
    >
      <MenuItem disabled={index === 0} onSelect={() => onMove(-1)}>
        <ArrowUp aria-hidden="true" />
        Move up
      </MenuItem>
      <MenuItem disabled={index === count - 1} onSelect={() => onMove(1)}>
        <ArrowDown aria-hidden="true" />
        Move down
      </MenuItem>
      <MenuItem disabled={full} onSelect={onCopy}>
        <Copy aria-hidden="true" />
        Duplicate
      </MenuItem>
      <MenuLine />
      <MenuItem danger onSelect={onRemove}>
        <Trash2 aria-hidden="true" />
        Remove the branch
      </MenuItem>
    </Menu>
  );
}
