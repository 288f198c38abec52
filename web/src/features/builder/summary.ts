import { plural, words } from "@/lib/format";
import { type Leaf, readTest, scopeOf, type Test } from "./kinds/condition/condition-tree";
import { isRaw, listOf, numberOf, type Raw, textOf } from "./model/config";
import type { DraftStep } from "./model/step";

/** Steps in a sentence each, for the nodes of the canvas and the panel. */

export function summaryOf(step: DraftStep, steps: readonly DraftStep[]): string {
  const own = ownDelayOf(step);
  const said = configSummary(step, steps);
  return own === "" ? said : `After ${own}: ${lowered(said)}`;
}

/** The step's own wait before it runs (`1 day 2 hours`); empty without one. */
export function ownDelayOf(step: DraftStep): string {
  return durationOf(step.delay_days, step.delay_hours, step.delay_minutes);
}

export function durationOf(days: number, hours: number, minutes: number, day = "day"): string {
  const parts: [number, string][] = [
    [days, day],
    [hours, "hour"],
    [minutes, "minute"],
  ];
  return parts
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => plural(amount, unit))
    .join(" ");
}

function configSummary(step: DraftStep, steps: readonly DraftStep[]): string {
  switch (step.type) {
    case "email":
      return emailSummary(step.config);
    case "delay":
      return delaySummary(step.config);
    case "condition":
      return conditionSummary(step.config, steps);
    case "wait_for":
      return waitSummary(step.config, steps);
    case "action":
      return actionSummary(step.config);
  }
}

function emailSummary(config: Raw): string {
  const variants = listOf(config, "variants").filter(isRaw);
  const subject = textOf(config, "subject") || textOf(variants[0] ?? {}, "subject");
  const threaded = config.reply_in_thread === true;
  const said = subject !== "" ? `“${subject}”` : threaded ? "Replies in the thread" : "No subject yet";
  const more = [
    threaded && subject !== "" ? "in thread" : "",
    variants.length > 0 ? plural(variants.length, "variant") : "",
  ];
  return [said, ...more.filter(Boolean)].join(" · ");
}

/** `Waits 3 business days, then until 09:30 in the lead's zone`. */
export function delaySummary(config: Raw): string {
  const business = config.business_days === true;
  const hours = config.business_hours_only === true;
  const sendTime = textOf(config, "send_time");
  const duration = durationOf(
    numberOf(config, "days") ?? 0,
    numberOf(config, "hours") ?? 0,
    numberOf(config, "minutes") ?? 0,
    business ? "business day" : "day",
  );
  const until = untilOf(sendTime, hours, business);
  if (duration === "" && until === "") return "Waits for nothing yet";
  const zone = until !== "" || business ? zoneOf(config) : "";
  return `Waits ${[duration, until].filter(Boolean).join(", then ")}${zone}`;
}

function untilOf(sendTime: string, hoursOnly: boolean, businessDays: boolean): string {
  if (sendTime !== "") return `until ${sendTime}${hoursOnly || businessDays ? " on a business day" : ""}`;
  return hoursOnly ? "for business hours (Monday to Friday, 9 to 17)" : "";
}

function zoneOf(config: Raw): string {
  const zone = textOf(config, "timezone") || "lead";
  return zone === "lead" ? " in the lead’s zone" : ` in ${zone}`;
}

function conditionSummary(config: Raw, steps: readonly DraftStep[]): string {
  const branches = listOf(config, "branches").filter(isRaw);
  const first = branches[0];
  if (first === undefined) return "No branch yet";
  const said = `If ${testWords(readTest(first.if), steps)}: ${outcomeWords(first.then, steps)}`;
  const more = branches.length > 1 ? `; ${plural(branches.length - 1, "more branch", "more branches")}` : "";
  return `${said}${more}; else ${outcomeWords(config.else, steps)}`;
}

function waitSummary(config: Raw, steps: readonly DraftStep[]): string {
  const event = textOf(config, "event") || "an event";
  const days = numberOf(config, "timeout_days");
  const wait = `Waits ${days === undefined ? "" : `up to ${plural(days, "day")} `}for ${EVENTS.get(event) ?? event}`;
  const then = outcomeWords(config.on_event, steps);
  const late = outcomeWords(config.on_timeout, steps);
  return then === late ? `${wait}, then ${then}` : `${wait}: then ${then}, else ${late}`;
}

const EVENTS = new Map([
  ["opened", "an open"],
  ["clicked", "a click"],
  ["replied", "a reply"],
]);

/** An outcome, as the end of a sentence; one that is not given goes on. */
export function outcomeWords(outcome: unknown, steps: readonly DraftStep[]): string {
  if (!isRaw(outcome)) return "go on";
  if (typeof outcome.goto === "string") return `go to ${titleOf(outcome.goto, steps)}`;
  if (outcome.stop !== true) return "go on";
  const reason = textOf(outcome, "reason");
  return reason === "" ? "stop" : `stop (${reason})`;
}

export function titleOf(key: string, steps: readonly DraftStep[]): string {
  const step = steps.find((one) => one.key === key);
  return `“${step?.name || key}”`;
}

const ACTIONS = new Map<string, (config: Raw) => string>([
  ["update_status", (config) => `Sets the status to ${textOf(config, "status") || "…"}`],
  ["mark_qualified", () => "Marks the lead as qualified"],
  ["tag_lead", tagSummary],
  ["notify_user", (config) => `Notifies a user: ${textOf(config, "message") || "…"}`],
  ["assign_to_user", () => "Makes a user the lead’s owner"],
  [
    "add_to_campaign",
    (config) =>
      config.stop_current === true
        ? "Moves the lead to a campaign, and ends here"
        : "Adds the lead to a campaign",
  ],
  ["webhook", (config) => `Calls ${hostOf(textOf(config, "url"))}`],
]);

function actionSummary(config: Raw): string {
  const action = textOf(config, "action");
  if (action === "") return "No action yet";
  return ACTIONS.get(action)?.(config) ?? words(action);
}

function tagSummary(config: Raw): string {
  const add = listOf(config, "add").map(String);
  const remove = listOf(config, "remove").map(String);
  const said = [
    add.length > 0 ? `adds ${add.join(", ")}` : "",
    remove.length > 0 ? `removes ${remove.join(", ")}` : "",
  ].filter(Boolean);
  return said.length === 0 ? "No tags yet" : `Tags: ${said.join("; ")}`;
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "a URL";
}

/** A condition in words: `opened “Intro” within 3 days, or company is Acme`. */
export function testWords(test: Test, steps: readonly DraftStep[]): string {
  switch (test.kind) {
    case "leaf":
      return leafWords(test, steps);
    case "field":
      return fieldWords(test.raw);
    case "not":
      return `not ${inBrackets(test.test, steps)}`;
    case "group":
      if (test.tests.length === 0) return "nothing yet";
      return test.tests.map((child) => inBrackets(child, steps)).join(test.join === "any" ? " or " : " and ");
    case "unread":
      return "something unreadable";
  }
}

function inBrackets(test: Test, steps: readonly DraftStep[]): string {
  const said = testWords(test, steps);
  return test.kind === "group" && test.tests.length > 1 ? `(${said})` : said;
}

function leafWords(leaf: Leaf, steps: readonly DraftStep[]): string {
  const scope = scopeOf(leaf);
  const step = textOf(scope, "step");
  const days = numberOf(scope, "within_days");
  return [
    leaf.name.replaceAll("_", " "),
    step === "" ? "" : titleOf(step, steps),
    days === undefined ? "" : `within ${plural(days, "day")}`,
    scope.include_machine === true ? "(machines too)" : "",
  ]
    .filter(Boolean)
    .join(" ");
}

export const OP_WORDS: Record<string, string> = {
  eq: "is",
  ne: "is not",
  gt: "is more than",
  gte: "is at least",
  lt: "is less than",
  lte: "is at most",
  contains: "contains",
  not_contains: "does not contain",
  in: "is one of",
  not_in: "is none of",
  exists: "is known",
  not_exists: "is not known",
};

function fieldWords(raw: Raw): string {
  const field = textOf(raw, "field").replace(/^custom\./, "") || "a field";
  const op = textOf(raw, "op");
  const value = op === "exists" || op === "not_exists" ? "" : valueWords(raw.value);
  return [field, OP_WORDS[op] ?? op, value].filter(Boolean).join(" ");
}

function valueWords(value: unknown): string {
  if (value === undefined || value === "") return "…";
  if (Array.isArray(value)) return value.map(valueWords).join(", ");
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The first letter small, unless it begins a quotation or an abbreviation. */
function lowered(said: string): string {
  return said.charAt(0).toLowerCase() + said.slice(1);
}
