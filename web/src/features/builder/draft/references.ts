import type { DraftStep } from "../model";
import type { Draft } from "./draft";
import { isObject, type Json } from "./json";
import { type Outcome, outlets, withOutcome } from "./outcomes";

/** What refers to a step by its key: outcomes (`goto`), and the scopes of conditions. */

/** The step with everything that named `from` naming `to`. */
export function renamed(step: DraftStep, from: string, to: string): DraftStep {
  const config = rename(step.config, from, to);
  return config === step.config ? step : { ...step, config: config as Json };
}

/** The draft with every `goto` to that key leading to `outcome`. */
export function redirected(draft: Draft, key: string, outcome: Outcome): Draft {
  return draft.map((item) => {
    let { step } = item;
    for (const outlet of outlets(step)) {
      if ("goto" in outlet.outcome && outlet.outcome.goto === key)
        step = withOutcome(step, outlet.name, outcome);
    }
    return step === item.step ? item : { ...item, step };
  });
}

/** Keeps what does not change the very same, so that nothing is an edit that is none. */
function rename(value: unknown, from: string, to: string): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => rename(item, from, to));
    return items.every((item, index) => item === value[index]) ? value : items;
  }
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([name, item]): [string, unknown] => [
    name,
    (name === "goto" || name === "step") && item === from ? to : rename(item, from, to),
  ]);
  return entries.every(([name, item]) => item === value[name]) ? value : Object.fromEntries(entries);
}
