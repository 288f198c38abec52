import { kindOf } from "../kinds";
import { condition } from "../kinds/condition/kind";
import { alwaysGoto } from "../kinds/condition/outlets";
import { CONTINUE, type Outcome, sameOutcome } from "../model/outcome";
import type { DraftStep, StepType } from "../model/step";
import { type BuilderStep, type Draft, freeKey, indexOf, stepOf, type Way, withKey } from "./draft";
import { branches, fallsThrough, outlets, withOutcome } from "./outlets";
import { redirected } from "./redirect";
import { withRenamedKey } from "./references";

/** Every edit of a draft, each a pure function from one draft to the next. */

export function newUid(): string {
  return crypto.randomUUID();
}

/** A new step of that type, with a key that no other step has. */
export function newStep(draft: Draft, type: StepType): BuilderStep {
  const kind = kindOf(type);
  return stepWith(freeKey(draft, kind.key), type, kind.config());
}

/** A step that leads every lead to the step with that key, wherever that is. */
export function jumpTo(draft: Draft, key: string): BuilderStep {
  return stepWith(freeKey(draft, `to-${key}`), condition.type, alwaysGoto(key));
}

function stepWith(key: string, type: StepType, config: DraftStep["config"]): BuilderStep {
  const step = { key, name: "", type, delay_days: 0, delay_hours: 0, delay_minutes: 0, config, metadata: {} };
  return { uid: newUid(), step };
}

/** Inserts a step below that step, or at the end. */
export function insertAfter(draft: Draft, uid: string | null, item: BuilderStep): Draft {
  const index = uid === null ? -1 : indexOf(draft, uid);
  return draft.toSpliced(index === -1 ? draft.length : index + 1, 0, item);
}

/** Inserts a step on one way out of a step: leads that take this way come to the new step first, and then where the
 * way led before. No other lead does. */
export function insertOn(draft: Draft, way: Way, item: BuilderStep): Draft {
  const step = stepOf(draft, way.uid);
  const outlet = step && outlets(step).find((one) => one.name === way.outlet);
  if (!step || !outlet) return insertAfter(draft, way.uid, item);
  if ("goto" in outlet.outcome) return insertBefore(draft, way, outlet.outcome.goto, item);
  if ("stop" in outlet.outcome) return draft;
  const next = draft[indexOf(draft, way.uid) + 1];
  return insertAfter(
    next ? map(draft, way.uid, (one) => othersGoTo(one, way.outlet, next.step.key)) : draft,
    way.uid,
    item,
  );
}

/** Removes a step. Branches that led to it lead to the step below it. If there is none, the reference stays and the
 * server reports it, for the author to decide. */
export function remove(draft: Draft, uid: string): Draft {
  const index = indexOf(draft, uid);
  const gone = draft[index];
  if (gone === undefined) return draft;
  const left = draft.toSpliced(index, 1);
  const next = draft[index + 1];
  if (next === undefined || !fallsThrough(gone.step)) return left;
  return redirected(left, gone.step.key, { goto: next.step.key });
}

/** Copies a step, directly below itself, under a new key. */
export function duplicate(draft: Draft, uid: string, copyUid: string): Draft {
  const step = stepOf(draft, uid);
  if (!step) return draft;
  const { position: _, ...metadata } = step.metadata;
  const name = step.name && `${step.name} (copy)`;
  return insertAfter(draft, uid, {
    uid: copyUid,
    step: { ...step, key: freeKey(draft, step.key), name, metadata },
  });
}

/** Moves a step one place up (-1) or down (1) in the order. */
export function shift(draft: Draft, uid: string, by: -1 | 1): Draft {
  const index = indexOf(draft, uid);
  const item = draft[index];
  if (item === undefined || index + by < 0 || index + by >= draft.length) return draft;
  return draft.toSpliced(index, 1).toSpliced(index + by, 0, item);
}

/** Takes a step out of its place and inserts it on that way. */
export function moveOn(draft: Draft, uid: string, way: Way): Draft {
  const item = draft.find((one) => one.uid === uid);
  if (item === undefined || way.uid === uid) return draft;
  return insertOn(
    draft.filter((one) => one.uid !== uid),
    way,
    item,
  );
}

/** Makes a way out of a step lead elsewhere. A way to the step directly below becomes `continue`. A step that cannot
 * branch gets a jump below it. */
export function connect(draft: Draft, way: Way, outcome: Outcome): Draft {
  const index = indexOf(draft, way.uid);
  const step = draft[index]?.step;
  if (!step) return draft;
  const next = draft[index + 1];
  const leadsOn = "goto" in outcome && next?.step.key === outcome.goto;
  const meant = leadsOn ? CONTINUE : outcome;
  if (branches(step)) {
    const before = outlets(step).find((outlet) => outlet.name === way.outlet)?.outcome;
    if (before && sameOutcome(before, meant)) return draft;
    return map(draft, way.uid, (one) => withOutcome(one, way.outlet, meant));
  }
  if (leadsOn || !("goto" in outcome) || withKey(draft, outcome.goto) === undefined) return draft;
  return insertAfter(draft, way.uid, jumpTo(draft, outcome.goto));
}

/** Replaces a step by its edited form. References to its key are renamed, unless another step has the old or the new
 * key. */
export function change(draft: Draft, uid: string, step: DraftStep): Draft {
  const before = stepOf(draft, uid);
  if (!before) return draft;
  const changed = map(draft, uid, () => step);
  if (before.key === step.key) return changed;
  const ambiguous = [before.key, step.key].some(
    (key) => draft.filter((item) => item.uid !== uid && item.step.key === key).length > 0,
  );
  if (ambiguous) return changed;
  const others = withRenamedKey(
    changed.map((item) => item.step),
    before.key,
    step.key,
  );
  return changed.map((item, index) => ({ ...item, step: others[index] ?? item.step }));
}

function map(draft: Draft, uid: string, edit: (step: DraftStep) => DraftStep): Draft {
  return draft.map((item) => (item.uid === uid ? { ...item, step: edit(item.step) } : item));
}

function othersGoTo(step: DraftStep, except: string, key: string): DraftStep {
  return outlets(step)
    .filter((outlet) => outlet.name !== except && "continue" in outlet.outcome)
    .reduce((changed, outlet) => withOutcome(changed, outlet.name, { goto: key }), step);
}

function insertBefore(draft: Draft, way: Way, key: string, item: BuilderStep): Draft {
  const target = draft.findIndex((one) => one.step.key === key);
  if (target === -1) return draft;
  let led = map(draft, way.uid, (step) => withOutcome(step, way.outlet, { goto: item.step.key }));
  const before = led[target - 1];
  if (before === undefined || !fallsThrough(before.step)) return led.toSpliced(target, 0, item);
  if (branches(before.step)) {
    led = map(led, before.uid, (step) => othersGoTo(step, "", key));
    return led.toSpliced(target, 0, item);
  }
  return led.toSpliced(target, 0, jumpTo([...led, item], key), item);
}
