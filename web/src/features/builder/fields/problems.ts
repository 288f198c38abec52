import { pathsOf, readTest } from "../kinds/condition/condition-tree";
import { isRaw, listOf, type Raw, textOf } from "../model/config";
import type { DraftStep, StepProblem } from "../model/step";

/** Which editor of the panel a problem stands beside. */

export interface PlacedProblems {
  /** By the path of the field that shows them. */
  byField: ReadonlyMap<string, readonly StepProblem[]>;
  /** Those that no field is about. */
  rest: readonly StepProblem[];
}

/** Each problem goes to the nearest field: its own, else the one that it is inside of (`config.body.lines[0]` is about
 * `config.body`). */
export function placeProblems(problems: readonly StepProblem[], fields: readonly string[]): PlacedProblems {
  const byField = new Map<string, StepProblem[]>();
  const rest: StepProblem[] = [];
  for (const problem of problems) {
    const field = nearest(problem.field, fields);
    if (field === undefined) rest.push(problem);
    else byField.set(field, [...(byField.get(field) ?? []), problem]);
  }
  return { byField, rest };
}

function nearest(path: string, fields: readonly string[]): string | undefined {
  const around = fields.filter((field) => isInside(path, field));
  return around.sort((one, other) => other.length - one.length)[0];
}

export function isInside(path: string, field: string): boolean {
  return path === field || path.startsWith(`${field}.`) || path.startsWith(`${field}[`);
}

/** The paths of all fields that the panel has for a step. */
export function fieldsOf(step: DraftStep): string[] {
  const common = ["key", "name", "delay_days", "delay_hours", "delay_minutes", "metadata"];
  return [...common, ...configFields(step).map((field) => `config.${field}`)];
}

function configFields(step: DraftStep): string[] {
  switch (step.type) {
    case "email":
      return emailFields(step.config);
    case "delay":
      return ["days", "hours", "minutes", "send_time", "business_days", "business_hours_only", "timezone"];
    case "condition":
      return conditionFields(step.config);
    case "wait_for":
      return ["event", "timeout_days", "on_event", "on_timeout"];
    case "action":
      return ["action", ...(ACTIONS.get(textOf(step.config, "action")) ?? [])];
  }
}

const ACTIONS = new Map([
  ["update_status", ["status"]],
  ["tag_lead", ["add", "remove"]],
  ["assign_to_user", ["user_id"]],
  ["notify_user", ["user_id", "message"]],
  ["add_to_campaign", ["campaign_id"]],
  ["webhook", ["url", "body"]],
]);

const WORDING = ["subject", "body_text", "body_html"];

function emailFields(config: Raw): string[] {
  const variants = listOf(config, "variants").flatMap((_, index) =>
    ["", ".name", ".weight", ".subject", ".body_text", ".body_html"].map(
      (field) => `variants[${index}]${field}`,
    ),
  );
  const winner = ["auto_winner", "auto_winner.min_sample", "auto_winner.certainty"];
  return [...WORDING, "reply_in_thread", "mailbox_id", "variants", ...variants, ...winner];
}

function conditionFields(config: Raw): string[] {
  const branches = listOf(config, "branches").flatMap((branch, index) => {
    const path = `branches[${index}]`;
    return [...pathsOf(readTest(isRaw(branch) ? branch.if : undefined), `${path}.if`), `${path}.then`];
  });
  return ["branches", ...branches, "else"];
}
