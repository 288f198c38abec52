import { isRaw, listOf, patched, type Raw } from "../../model/config";
import {
  gotoKeys,
  type Outcome,
  type Outlet,
  type OutletName,
  readOutcome,
  withRenamedGoto,
} from "../../model/outcome";
import type { DraftStep } from "../../model/step";
import { capitalized } from "../../model/words";
import type { Branching } from "../kind";
import { changedBranch, mapLeaves, readTest, scoped, scopeOf, stepsOf, writeTest } from "./condition-tree";
import { testWords } from "./summary";

export const conditionBranching: Branching = { outlets, withOutcome, keysIn, withRenamedKey };

/** The config of a condition that leads every lead to the step with that key. */
export function alwaysGoto(key: string): DraftStep["config"] {
  return { branches: [{ if: "always", then: { goto: key } }], else: { continue: true } };
}

function outlets(config: Raw, steps: readonly DraftStep[]): readonly Outlet[] {
  const found: Outlet[] = [];
  for (const [index, branch] of listOf(config, "branches").entries()) {
    const test = isRaw(branch) ? branch.if : undefined;
    found.push({
      name: `branches[${index}].then`,
      label: capitalized(testWords(readTest(test), steps)),
      outcome: readOutcome(isRaw(branch) ? branch.then : undefined),
    });
    if (isAlways(test)) return found;
  }
  return [...found, { name: "else", label: "Otherwise", outcome: readOutcome(config.else) }];
}

function withOutcome(config: Raw, name: OutletName, outcome: Outcome): DraftStep["config"] {
  const place = /^branches\[(\d+)\]\.then$/.exec(name);
  if (place === null) return { ...config, [name]: outcome };
  const branches = listOf(config, "branches").map((branch, index) =>
    index === Number(place[1]) && isRaw(branch) ? { ...branch, then: outcome } : branch,
  );
  return { ...config, branches };
}

function keysIn(config: Raw): readonly string[] {
  const branches = listOf(config, "branches").filter(isRaw);
  return [
    ...branches.flatMap((branch) => [...gotoKeys(branch.then), ...stepsOf(readTest(branch.if))]),
    ...gotoKeys(config.else),
  ];
}

function withRenamedKey(config: Raw, from: string, to: string): DraftStep["config"] {
  const branches = listOf(config, "branches").map((branch) =>
    isRaw(branch)
      ? changedBranch(branch, withRenamedStep(branch.if, from, to), withRenamedGoto(branch.then, from, to))
      : branch,
  );
  return patched(config, { branches, else: withRenamedGoto(config.else, from, to) });
}

function withRenamedStep(raw: unknown, from: string, to: string): unknown {
  const test = mapLeaves(readTest(raw), (leaf) =>
    scopeOf(leaf).step === from ? scoped(leaf, { step: to }) : leaf,
  );
  return writeTest(test);
}

function isAlways(test: unknown): boolean {
  const name = isRaw(test) ? Object.keys(test)[0] : test;
  return name === "always" || name === "if_always";
}
