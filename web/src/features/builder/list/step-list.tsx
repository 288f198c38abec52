import { ArrowDown, ArrowUp, CircleAlert, Copy, Plus, Trash2 } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "@/ui/inputs/button";
import { Menu } from "@/ui/overlays/menu";
import { type BuilderStep, titleOf } from "../draft/draft";
import { outlets } from "../draft/outlets";
import { KindIcon } from "../kinds/kind-icon";
import { KindMenuItems } from "../kinds/kind-menu-items";
import { shortSummaryOf } from "../kinds/summary";
import { useActions } from "../store/actions";
import { useBuilder, useDraft, useProblemsOf, useSteps } from "../store/builder-context";
import styles from "./step-list.module.css";
import { WayChoice } from "./way-choice";

/** The steps as a list in their order. It offers all that the canvas offers, without a pointer. */
export function StepList() {
  const steps = useDraft((state) => state.steps);
  return (
    <div className={styles.scroll}>
      <ol className={styles.list}>
        {steps.map((item, index) => (
          <Row key={item.uid} item={item} place={index + 1} last={index === steps.length - 1} />
        ))}
      </ol>
    </div>
  );
}

function Row({ item, place, last }: { item: BuilderStep; place: number; last: boolean }) {
  const { uid, step } = item;
  const { store } = useBuilder();
  const selected = useDraft((state) => state.selected === uid);
  const all = useSteps();
  const [problem] = useProblemsOf(uid);
  const ways = outlets(step, all);
  return (
    <li className={styles.row} data-selected={selected} data-problem={problem !== undefined}>
      <div className={styles.head}>
        <span className={`${styles.place} numeric`}>{place}</span>
        <button
          type="button"
          className={styles.open}
          aria-pressed={selected}
          onClick={() => store.getState().select(uid)}
        >
          <KindIcon type={step.type} />
          <span className={styles.words}>
            <span className={styles.title}>{titleOf(step)}</span>
            <span className={styles.summary}>{shortSummaryOf(step, all)}</span>
          </span>
        </button>
        <RowTools item={item} first={place === 1} last={last} />
      </div>
      {problem && (
        <p className={styles.problem}>
          <CircleAlert aria-hidden="true" /> {problem.detail}
        </p>
      )}
      {ways.length > 1 && (
        <ul className={styles.ways}>
          {ways.map((outlet) => (
            <li key={outlet.name}>
              <WayChoice uid={uid} outlet={outlet} />
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

function RowTools({
  item: { uid, step },
  first,
  last,
}: {
  item: BuilderStep;
  first: boolean;
  last: boolean;
}) {
  const actions = useActions();
  const { frozen } = useBuilder();
  if (frozen) return null;
  const name = titleOf(step);
  return (
    <div className={styles.tools}>
      <Tool label={`Move ${name} up`} disabled={first} onClick={() => actions.shift(uid, -1)}>
        <ArrowUp />
      </Tool>
      <Tool label={`Move ${name} down`} disabled={last} onClick={() => actions.shift(uid, 1)}>
        <ArrowDown />
      </Tool>
      <Tool label={`Duplicate ${name}`} onClick={() => actions.duplicate(uid)}>
        <Copy />
      </Tool>
      <Tool label={`Delete ${name}`} onClick={() => actions.remove(uid)}>
        <Trash2 />
      </Tool>
      <Menu
        trigger={
          <Button look="quiet" size="sm" icon aria-label={`Add a step after ${name}`}>
            <Plus />
          </Button>
        }
      >
        <KindMenuItems onAdd={(type) => actions.add(type, uid)} />
      </Menu>
    </div>
  );
}

function Tool({
  label,
  disabled = false,
  onClick,
  children,
}: {
  label: string;
  disabled?: boolean;
  onClick: () => void;
  children: ReactNode;
}) {
  return (
    <Button look="quiet" size="sm" icon aria-label={label} disabled={disabled} onClick={onClick}>
      {children}
    </Button>
  );
}
