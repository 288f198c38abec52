import { createContext, useContext } from "react";
import { useStore } from "zustand";
import type { SequenceResponse } from "@/api/schema";
import type { Edge } from "../draft/graph";
import type { Places } from "../draft/layout";
import type { Problems } from "../draft/problems";
import type { DraftStep, StepProblem } from "../model/step";
import type { Counts } from "./counts";
import type { BuilderState, BuilderStore } from "./store";

/** What all parts of an open builder share: the draft, and what is derived from it. */
export interface Builder {
  sequence: SequenceResponse;
  store: BuilderStore;
  steps: readonly DraftStep[];
  edges: readonly Edge[];
  places: Places;
  /** Steps that no way leads to. */
  lost: ReadonlySet<string>;
  problems: Problems;
  counts: Counts;
  /** True for an archived sequence, which cannot be edited. */
  frozen: boolean;
}

const Context = createContext<Builder | null>(null);
export const BuilderProvider = Context.Provider;

export function useBuilder(): Builder {
  const builder = useContext(Context);
  if (builder === null) throw new Error("outside of a builder");
  return builder;
}

export function useDraft<Part>(select: (state: BuilderState) => Part): Part {
  return useStore(useBuilder().store, select);
}

/** The steps in their order, without their `uid`. */
export function useSteps(): readonly DraftStep[] {
  return useBuilder().steps;
}

const NONE: readonly StepProblem[] = [];

export function useProblemsOf(uid: string): readonly StepProblem[] {
  return useBuilder().problems.byStep.get(uid) ?? NONE;
}
