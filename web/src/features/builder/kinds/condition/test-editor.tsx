import {
  Bot,
  CircleSlash2,
  Ellipsis,
  Group as GroupIcon,
  ListPlus,
  Plus,
  Trash2,
  Ungroup,
} from "lucide-react";
import { type ReactNode, useRef } from "react";
import { Button } from "@/ui/inputs/button";
import { SelectField } from "@/ui/inputs/field";
import { Menu, MenuItem, MenuLine } from "@/ui/overlays/menu";
import { ProblemAt } from "../../fields/group";
import { useProblem } from "../../fields/problems-context";
import { places, replaced, without } from "../../model/config";
import type { DraftStep } from "../../model/step";
import styles from "./condition.module.css";
import {
  grouped,
  type Join,
  negated,
  newTest,
  scoped,
  scopeOf,
  type Test,
  takesMachines,
  ungrouped,
  withAnother,
} from "./condition-tree";
import { FieldTestEditor } from "./field-test-editor";
import { LeafEditor } from "./leaf-editor";
import { TestKind } from "./test-kind";

interface TestEditorProps {
  test: Test;
  path: string;
  steps: readonly DraftStep[];
  onChange: (test: Test) => void;
  /** Missing for the whole test of a branch, which cannot be removed. */
  onRemove?: () => void;
}

/** Edits a test of any depth: a leaf, a test of a field, a group of tests, or a negated test. */
export function TestEditor({ test, path, steps, onChange, onRemove }: TestEditorProps) {
  const menu = <TestMenu test={test} onChange={onChange} onRemove={onRemove} />;
  switch (test.kind) {
    case "group":
      return <GroupEditor test={test} path={path} steps={steps} menu={menu} onChange={onChange} />;
    case "not":
      return (
        <div className={styles.line}>
          <button
            type="button"
            className={styles.not}
            title="Remove the “not”"
            aria-label="Not: remove the negation"
            onClick={() => onChange(test.test)}
          >
            not
          </button>
          <div className={styles.grow}>
            <ProblemAt path={path} />
            <TestEditor
              test={test.test}
              path={`${path}.not`}
              steps={steps}
              onChange={(inner) => onChange({ ...test, test: inner })}
              {...(onRemove ? { onRemove } : {})}
            />
          </div>
        </div>
      );
    default:
      return (
        <SingleTest test={test} path={path} steps={steps} menu={menu} onChange={onChange} root={!onRemove} />
      );
  }
}

type Single = Exclude<Test, { kind: "group" | "not" }>;

function SingleTest({
  test,
  path,
  steps,
  menu,
  root,
  onChange,
}: Omit<TestEditorProps, "test" | "onRemove"> & { test: Single; menu: ReactNode; root: boolean }) {
  return (
    <div className={`${styles.test} ${root ? "" : styles.inside}`}>
      <div className={styles.line}>
        <div className={styles.grow}>
          <TestKind test={test} error={useProblem(path)} onChange={onChange} />
        </div>
        {menu}
      </div>
      {test.kind === "leaf" && <LeafEditor leaf={test} steps={steps} onChange={onChange} />}
      {test.kind === "field" && <FieldTestEditor test={test} onChange={onChange} />}
      {test.kind === "unread" && (
        <code className={styles.kept}>{JSON.stringify(test.raw) ?? "Choose a condition."}</code>
      )}
      {root && (
        <div className={styles.adds}>
          <Button look="quiet" size="sm" onClick={() => onChange(withAnother(test, newTest()))}>
            <Plus aria-hidden="true" />
            And another condition
          </Button>
        </div>
      )}
    </div>
  );
}

function GroupEditor({
  test,
  path,
  steps,
  menu,
  onChange,
}: Omit<TestEditorProps, "test" | "onRemove"> & { test: Extract<Test, { kind: "group" }>; menu: ReactNode }) {
  const add = useRef<HTMLButtonElement>(null);
  const setTests = (tests: readonly Test[]) => onChange({ ...test, tests });
  function remove(index: number) {
    setTests(without(test.tests, index));
    // The element that had the focus is gone, so the focus moves to the button.
    requestAnimationFrame(() => add.current?.focus());
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset's legend cannot be the select that names the group
    <div className={styles.group} data-join={test.join} role="group" aria-label={JOINS[test.join]}>
      <div className={styles.line}>
        <div className={styles.grow}>
          <SelectField
            label="How these conditions join"
            hideLabel
            value={test.join}
            error={useProblem(path)}
            onChange={(event) => onChange({ ...test, join: event.target.value === "any" ? "any" : "all" })}
          >
            <option value="all">{JOINS.all}</option>
            <option value="any">{JOINS.any}</option>
          </SelectField>
        </div>
        {menu}
      </div>
      <div className={styles.tests}>
        {places(test.tests).map((place, index) => {
          const child = test.tests[index];
          return (
            child && (
              <TestEditor
                key={place}
                test={child}
                path={`${path}.${test.join}[${index}]`}
                steps={steps}
                onChange={(changed) => setTests(replaced(test.tests, index, changed))}
                onRemove={() => remove(index)}
              />
            )
          );
        })}
      </div>
      <div className={styles.adds}>
        <Button ref={add} look="quiet" size="sm" onClick={() => setTests([...test.tests, newTest()])}>
          <Plus aria-hidden="true" />
          Condition
        </Button>
        <Button
          look="quiet"
          size="sm"
          onClick={() => setTests([...test.tests, grouped(newTest(), test.join === "all" ? "any" : "all")])}
        >
          <ListPlus aria-hidden="true" />
          Group
        </Button>
      </div>
    </div>
  );
}

const JOINS: Record<Join, string> = { all: "All of these are true", any: "Any of these is true" };

function TestMenu({
  test,
  onChange,
  onRemove,
}: {
  test: Test;
  onChange: (test: Test) => void;
  onRemove: (() => void) | undefined;
}) {
  return (
    <Menu
      trigger={
        <Button look="quiet" icon aria-label="More for this condition">
          <Ellipsis aria-hidden="true" />
        </Button>
      }
    >
      <MenuItem onSelect={() => onChange(negated(test))}>
        <CircleSlash2 aria-hidden="true" />
        Not this
      </MenuItem>
      <MenuItem onSelect={() => onChange(grouped(test, "any"))}>
        <GroupIcon aria-hidden="true" />
        Put into a group
      </MenuItem>
      {test.kind === "leaf" && takesMachines(test.name) && scopeOf(test).include_machine !== true && (
        <MenuItem onSelect={() => onChange(scoped(test, { include_machine: true }))}>
          <Bot aria-hidden="true" />
          Count machines, too
        </MenuItem>
      )}
      {test.kind === "group" && test.tests.length === 1 && (
        <MenuItem onSelect={() => onChange(ungrouped(test))}>
          <Ungroup aria-hidden="true" />
          Take out of its group
        </MenuItem>
      )}
      {onRemove && (
        <>
          <MenuLine />
          <MenuItem danger onSelect={onRemove}>
            <Trash2 aria-hidden="true" />
            Remove
          </MenuItem>
        </>
      )}
    </Menu>
  );
}
