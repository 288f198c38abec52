import { ReactFlowProvider } from "@xyflow/react";
import { RefreshCw } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { useStore } from "zustand";
import type { SequenceResponse, SequenceStepsResponse } from "@/api/schema";
import { Button } from "@/ui/inputs/button";
import { Empty } from "@/ui/page/states";
import styles from "./builder.module.css";
import { Canvas } from "./canvas/canvas";
import { Palette } from "./canvas/palette";
import { Tools } from "./canvas/tools";
import { edgesOf, unreachable } from "./draft/graph";
import { placesOf } from "./draft/layout";
import { BuilderHeader } from "./header/builder-header";
import { ConflictDialog } from "./header/conflict-dialog";
import { useBuilderKeys } from "./header/history";
import { LeaveGuard } from "./header/leave-guard";
import { StepList } from "./list/step-list";
import { StepSidebar } from "./panel/step-sidebar";
import {
  BuilderProvider,
  type Builder as BuilderShared,
  useBuilder,
  useDraft,
} from "./store/builder-context";
import { useCounts } from "./store/counts";
import { focusStep } from "./store/focus";
import { isDirty, readSteps, useSaving } from "./store/saving";
import { createBuilderStore } from "./store/store";
import { keepWhenSessionEnds, keptStore } from "./store/unsaved-draft";
import { useProblems } from "./store/use-problems";

/** A sequence that is open in the builder. */
export function Builder({ sequence, loaded }: { sequence: SequenceResponse; loaded: SequenceStepsResponse }) {
  const shared = useShared(sequence, loaded);
  useEffect(() => {
    document.title = `${sequence.name} · Cadenza`;
  }, [sequence.name]);
  return (
    <BuilderProvider value={shared}>
      <ReactFlowProvider>
        <Room />
      </ReactFlowProvider>
    </BuilderProvider>
  );
}

function Room() {
  const { sequence, store } = useBuilder();
  const saving = useSaving(sequence.id, store);
  const [asList, setAsList] = useState(false);
  useBuilderKeys(saving.save);
  return (
    <div className={styles.room}>
      <BuilderHeader saving={saving} />
      <ChangedElsewhere />
      <div className={styles.work}>
        <div className={styles.stage} data-list={asList}>
          <Floating asList={asList} onList={setAsList} />
          {asList ? <StepList /> : <Canvas />}
        </div>
        <StepSidebar />
      </div>
      <ConflictDialog saving={saving} />
      <LeaveGuard saving={saving} />
    </div>
  );
}

/** The controls that float above the canvas or the list: what can be added, and how it is viewed. */
function Floating({ asList, onList }: { asList: boolean; onList: (asList: boolean) => void }) {
  const { frozen } = useBuilder();
  const empty = useDraft((state) => state.steps.length === 0);
  return (
    <>
      {empty && (
        <div className={styles.empty}>
          <Empty title="No steps yet">
            {frozen
              ? "This sequence was archived before it had any."
              : "Start with an email: press it or drag it in."}
          </Empty>
        </div>
      )}
      {!frozen && (
        <div className={styles.palette}>
          <Palette flat={asList} onAdded={focusStep} />
        </div>
      )}
      <div className={styles.tools}>
        {asList ? (
          <Button onClick={() => onList(false)}>Show the canvas</Button>
        ) : (
          <Tools onList={() => onList(true)} />
        )}
      </div>
    </>
  );
}

/** Says that somebody else has saved, before the user edits further and not only when a save is refused. */
function ChangedElsewhere() {
  const { sequence, store } = useBuilder();
  const revision = useDraft((state) => state.revision);
  const unsaved = useDraft(isDirty);
  if (sequence.steps_revision <= revision) return null;
  return (
    <div className={styles.notice} role="status">
      <p>
        Somebody else has changed these steps.
        {unsaved && " When you save, you will be asked whose steps to keep."}
      </p>
      {!unsaved && (
        <Button size="sm" onClick={async () => store.getState().load(await readSteps(sequence.id))}>
          <RefreshCw /> Show them
        </Button>
      )}
    </div>
  );
}

function useShared(sequence: SequenceResponse, loaded: SequenceStepsResponse): BuilderShared {
  const [store] = useState(() => keptStore(sequence.id) ?? createBuilderStore(loaded));
  useEffect(() => keepWhenSessionEnds(sequence.id, store), [sequence.id, store]);
  const draft = useStore(store, (state) => state.steps);
  const ids = useStore(store, (state) => state.ids);
  const counted = useStore(store, (state) => state.counted);
  const published = sequence.current_version !== null;
  useEffect(() => store.getState().count(published), [store, published]);

  const steps = useMemo(() => draft.map((item) => item.step), [draft]);
  const edges = useMemo(() => edgesOf(draft), [draft]);
  const lost = useMemo(() => unreachable(draft, edges), [draft, edges]);
  const places = placesOf(draft, counted);
  const problems = useProblems(sequence.id, draft);
  const counts = useCounts(sequence, ids);
  const frozen = sequence.status === "archived";
  return useMemo(
    () => ({ sequence, store, steps, edges, places, lost, problems, counts, frozen }),
    [sequence, store, steps, edges, places, lost, problems, counts, frozen],
  );
}
