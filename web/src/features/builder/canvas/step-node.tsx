import { Handle, type NodeProps, Position, useUpdateNodeInternals } from "@xyflow/react";
import { CircleAlert, Unlink } from "lucide-react";
import { memo, useEffect } from "react";
import { count } from "@/lib/format";
import { Tooltip } from "@/ui/overlays/tooltip";
import { stepOf, titleOf } from "../draft/draft";
import { ports } from "../draft/geometry";
import { branches } from "../draft/outlets";
import { KindIcon } from "../kinds/kind-icon";
import { shortSummaryOf } from "../kinds/summary";
import type { DraftStep } from "../model/step";
import { useBuilder, useDraft, useProblemsOf, useSteps } from "../store/builder-context";
import { StepMenu } from "./step-menu";
import styles from "./step-node.module.css";

/** A step on the canvas. It reads its data from the store by its ID, so that moving the canvas does not draw it
 * again. */
export const StepNode = memo(function StepNode({ id }: NodeProps) {
  const step = useDraft((state) => stepOf(state.steps, id));
  return step ? <Card uid={id} step={step} /> : null;
});

function Card({ uid, step }: { uid: string; step: DraftStep }) {
  const { lost, frozen } = useBuilder();
  const problems = useProblemsOf(uid);
  const steps = useSteps();
  const selected = useDraft((state) => state.selected === uid);
  const state = problems.length > 0 ? "problem" : lost.has(uid) ? "lost" : "fine";
  return (
    <div className={styles.node} data-state={state} data-selected={selected}>
      <Handle id="in" type="target" position={Position.Top} className={styles.in} isConnectable={!frozen} />
      <div className={styles.head}>
        <KindIcon type={step.type} />
        <div className={styles.words}>
          <p className={styles.title}>{titleOf(step)}</p>
          <p className={styles.summary}>{shortSummaryOf(step, steps)}</p>
        </div>
        <Marks uid={uid} />
        {!frozen && <StepMenu uid={uid} step={step} />}
      </div>
      <Ways uid={uid} step={step} />
      <Standing uid={uid} />
    </div>
  );
}

function Marks({ uid }: { uid: string }) {
  const problems = useProblemsOf(uid);
  const { lost } = useBuilder();
  const [first] = problems;
  if (first !== undefined) {
    return (
      <Tooltip text={first.detail}>
        <span className={styles.problems} role="img" aria-label={`${problems.length} problems`}>
          <CircleAlert aria-hidden="true" />
          {problems.length}
        </span>
      </Tooltip>
    );
  }
  if (!lost.has(uid)) return null;
  return (
    <Tooltip text="Nothing leads to this step">
      <span className={styles.lost} role="img" aria-label="Nothing leads here">
        <Unlink aria-hidden="true" />
      </span>
    </Tooltip>
  );
}

function Ways({ uid, step }: { uid: string; step: DraftStep }) {
  const { frozen } = useBuilder();
  const counted = useDraft((state) => state.counted);
  const measure = useUpdateNodeInternals();
  const all = ports(step, counted, useSteps());
  const shape = all.map((port) => `${port.name}${port.side}${port.at.y}`).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: when the handles are others, their places are measured anew
  useEffect(() => measure(uid), [uid, shape, measure]);
  return (
    <>
      {branches(step) && (
        <ul className={styles.ways}>
          {all.map((port) => (
            <li key={port.name} title={port.label}>
              {port.label}
            </li>
          ))}
        </ul>
      )}
      {all.map((port) => (
        <Handle
          key={port.name}
          id={port.name}
          type="source"
          position={port.side === "right" ? Position.Right : Position.Bottom}
          className={styles.out}
          style={port.side === "right" ? { top: port.at.y } : { left: port.at.x }}
          isConnectable={!frozen}
        />
      ))}
    </>
  );
}

function Standing({ uid }: { uid: string }) {
  const { counts } = useBuilder();
  const counted = useDraft((state) => state.counted);
  const told = counts.get(uid);
  if (!counted) return null;
  return (
    <p className={`${styles.counts} numeric`}>
      {told ? (
        <>
          <span>{count(told.reached)} reached</span>
          {told.here_now > 0 && <strong>{count(told.here_now)} here now</strong>}
          {told.replied > 0 && <span className={styles.replied}>{count(told.replied)} replied</span>}
        </>
      ) : (
        <span>Not published yet</span>
      )}
    </p>
  );
}
