import { createContext, useContext } from "react";
import { asSentence } from "@/lib/sentence";
import type { PlacedProblems } from "./problems";
import { isInside } from "./problems";

/** The problems of the step that the panel shows, by field. */
export const ProblemsContext = createContext<PlacedProblems>({ byField: new Map(), rest: [] });

/** The problems of this field as one text. */
export function useProblem(path: string): string | undefined {
  const found = useContext(ProblemsContext).byField.get(path) ?? [];
  return found.length === 0 ? undefined : found.map((problem) => asSentence(problem.detail)).join(" ");
}

/** Whether any field inside these paths has a problem, for what hides the fields (a tab, a closed section). */
export function useAnyProblem(...paths: readonly string[]): boolean {
  const { byField } = useContext(ProblemsContext);
  return [...byField.keys()].some((field) => paths.some((path) => isInside(field, path)));
}
