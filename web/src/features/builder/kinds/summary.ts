import type { DraftStep } from "../model/step";
import { durationOf, uncapitalized } from "../model/words";
import { kindOf } from ".";

/** What a step does, in one sentence, with the wait before it. */
export function summaryOf(step: DraftStep, steps: readonly DraftStep[]): string {
  return afterDelay(step, kindOf(step.type).summary(step.config, steps));
}

/** The same for the canvas and the list, which show the branches of a step on lines of their own. */
export function shortSummaryOf(step: DraftStep, steps: readonly DraftStep[]): string {
  const short = kindOf(step.type).shortSummary?.(step.config);
  return short === undefined ? summaryOf(step, steps) : afterDelay(step, short);
}

function afterDelay(step: DraftStep, summary: string): string {
  const delay = durationOf(step.delay_days, step.delay_hours, step.delay_minutes);
  return delay === "" ? summary : `After ${delay}: ${uncapitalized(summary)}`;
}
