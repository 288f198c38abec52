import { type TemporalState, temporal } from "zundo";
import { createStore, type StoreApi } from "zustand";
import type { SequenceStepsResponse } from "@/api/schema";
import { fromApi, idsOf, type StepIds } from "../draft/api-steps";
import { type Draft, stepOf } from "../draft/draft";
import { change } from "../draft/edits";
import { withRoom } from "../draft/layout";
import type { DraftStep } from "../model/step";

/** One entry of the undo history: the steps, and the edit that made them. */
interface Moment {
  steps: Draft;
  /** The edit in words: "Delete Follow-up". */
  event: string;
}

export interface BuilderState extends Moment {
  /** The step whose panel is open. */
  selected: string | null;
  /** The steps as the server has them, at `revision`. */
  saved: Draft;
  revision: number;
  ids: StepIds;
  /** Whether steps show their figures, which makes them higher. */
  counted: boolean;

  select: (uid: string | null) => void;
  count: (counted: boolean) => void;
  /** Makes one named edit, which one undo takes back. `select` opens the panel of a step in the same change. */
  edit: (event: string, edit: (steps: Draft) => Draft, select?: string | null) => void;
  /** Replaces a step by its edited form. Typing on in one field counts as one edit. */
  write: (uid: string, step: DraftStep) => void;
  /** Records that the server now has `steps`. */
  keep: (steps: Draft, answer: SequenceStepsResponse) => void;
  /** Replaces the draft by what the server has. */
  load: (answer: SequenceStepsResponse) => void;
  /** Sets another base revision, so that the next save overwrites it. */
  overwrite: (revision: number) => void;
}

export type BuilderStore = StoreApi<BuilderState> & { temporal: StoreApi<TemporalState<Moment>> };

export function createBuilderStore(answer: SequenceStepsResponse): BuilderStore {
  /** The field that is being typed in, and the steps before the typing began. */
  let typing: { field: string; before: Draft } | null = null;

  const store = createStore<BuilderState>()(
    temporal(
      (set, get) => ({
        ...loaded(answer),
        event: "",
        selected: null,
        counted: false,

        select: (uid) => {
          if (uid !== get().selected) typing = null;
          set({ selected: uid });
        },
        count: (counted) => set({ counted }),
        edit: (event, edit, select) => {
          typing = null;
          const { steps, counted, selected } = get();
          const after = edit(steps);
          const open = select === undefined ? selected : select;
          if (after === steps) return set({ selected: open });
          set({ steps: withRoom(steps, after, counted), event, selected: open });
        },
        write: (uid, step) => {
          const { steps } = get();
          const now = stepOf(steps, uid);
          if (now === undefined || now === step) return;
          const field = `${uid} ${changedField(now, step)}`;
          const goesOn = typing?.field === field;
          if (!goesOn) typing = { field, before: steps };
          const before = typing?.before ?? steps;
          const moment = { steps: change(before, uid, step), event: `Edit ${step.name || step.key}` };
          if (!goesOn) return set(moment);
          store.temporal.getState().pause();
          set(moment);
          store.temporal.getState().resume();
        },
        keep: (sent, told) =>
          set((state) => ({
            saved: sent,
            revision: told.steps_revision,
            ids: idsOf(sent, told.items, state.ids),
          })),
        load: (told) => {
          typing = null;
          const next = loaded(told, get().ids);
          const open = next.steps.some((item) => item.uid === get().selected) ? get().selected : null;
          set({ ...next, event: "", selected: open });
          store.temporal.getState().clear();
        },
        overwrite: (revision) => set({ revision }),
      }),
      {
        partialize: ({ steps, event }): Moment => ({ steps, event }),
        equality: (one, other) => one.steps === other.steps,
        limit: 200,
      },
    ),
  );
  // An undo may remove the open step: its panel closes, and what is typed next is a new edit.
  store.subscribe((state, before) => {
    if (state.steps === before.steps) return;
    if (typing && state.steps === typing.before) typing = null;
    if (state.selected !== null && !stepOf(state.steps, state.selected)) store.setState({ selected: null });
  });
  return store;
}

function loaded(
  answer: SequenceStepsResponse,
  known: StepIds = {},
): Pick<BuilderState, "steps" | "saved" | "revision" | "ids"> {
  const steps = fromApi(answer.items, known);
  return { steps, saved: steps, revision: answer.steps_revision, ids: idsOf(steps, answer.items, known) };
}

/** The names of the changed fields (`name`, `config.subject`), which identify an edit that goes on. */
function changedField(before: DraftStep, after: DraftStep): string {
  const names = (one: object, other: object, prefix: string) =>
    Object.keys({ ...one, ...other })
      .filter((name) => Reflect.get(one, name) !== Reflect.get(other, name))
      .map((name) => prefix + name);
  const outer = names(before, after, "").filter((name) => name !== "config");
  return [...outer, ...names(before.config, after.config, "config.")].join(" ");
}
