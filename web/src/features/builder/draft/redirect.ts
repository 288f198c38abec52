import type { Outcome } from "../model/outcome";
import type { Draft } from "./draft";
import { outlets, withOutcome } from "./outlets";

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
