import { ChevronLeft, X } from "lucide-react";
import { Button } from "@/ui/inputs/button";
import { stepOf, titleOf } from "../draft/draft";
import { kindOf } from "../kinds";
import { KindIcon } from "../kinds/kind-icon";
import type { DraftStep } from "../model/step";
import { useBuilder, useDraft, useProblemsOf, useSteps } from "../store/builder-context";
import { focusStep, PANEL_ID } from "../store/focus";
import { StepPanel } from "./step-panel";
import styles from "./step-sidebar.module.css";

/** The panel of the open step: beside the canvas, or above all of it on a narrow screen. */
export function StepSidebar() {
  const uid = useDraft((state) => state.selected);
  const step = useDraft((state) => stepOf(state.steps, state.selected));
  return uid !== null && step !== undefined ? <Sidebar key={uid} uid={uid} step={step} /> : null;
}

function Sidebar({ uid, step }: { uid: string; step: DraftStep }) {
  const { store, sequence, frozen } = useBuilder();
  const steps = useSteps();
  const problems = useProblemsOf(uid);
  function close() {
    store.getState().select(null);
    focusStep(uid);
  }
  return (
    <aside
      id={PANEL_ID}
      tabIndex={-1}
      className={styles.sidebar}
      aria-label={`Step ${titleOf(step)}`}
      onKeyDown={(event) => event.key === "Escape" && !event.defaultPrevented && close()}
    >
      <header className={styles.head}>
        <Button look="quiet" icon className={styles.back} aria-label="Back to the canvas" onClick={close}>
          <ChevronLeft />
        </Button>
        <KindIcon type={step.type} />
        <div className={styles.words}>
          <h2>{titleOf(step)}</h2>
          <p>{kindOf(step.type).label}</p>
        </div>
        <Button look="quiet" icon className={styles.close} aria-label="Close" onClick={close}>
          <X />
        </Button>
      </header>
      <fieldset className={styles.body} disabled={frozen}>
        <legend className="visually-hidden">The step</legend>
        <StepPanel
          sequenceId={sequence.id}
          step={step}
          steps={steps}
          problems={problems}
          onChange={(changed) => store.getState().write(uid, changed)}
        />
      </fieldset>
    </aside>
  );
}
