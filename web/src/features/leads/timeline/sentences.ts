import type { TimelineEntry } from "@/api/schema";
import { absoluteTime, plural, words } from "@/lib/format";

/** The text of each row of the timeline. Every event that the server can write has its sentence here;
 * `tests/architecture/test_sentences.py` compares the names. An event that is not here is shown by its name. */

export type Sign =
  | "alert"
  | "bounce"
  | "branch"
  | "check"
  | "clock"
  | "cursor"
  | "eye"
  | "flag"
  | "mail"
  | "pause"
  | "play"
  | "reply"
  | "spark"
  | "stop"
  | "user";

export interface Sentence {
  sign: Sign;
  /** `loud`: what the lead did, or what needs a person. `quiet`: routine work of the engine. */
  weight: "loud" | "plain" | "quiet";
  tone: "grey" | "green" | "amber" | "red" | "blue" | "violet";
  text: string;
}

type Detail = TimelineEntry["detail"];
type Tell = (detail: Detail) => Sentence;

const quiet = (sign: Sign, text: string): Sentence => ({ sign, weight: "quiet", tone: "grey", text });

/** What the engine did, by the event of the execution log. */
export const LOG: Record<string, Tell> = {
  enrolled: () => ({ sign: "flag", weight: "plain", tone: "blue", text: "Enrolled" }),
  waiting: (detail) => quiet("clock", `Waiting until ${moment(detail, "until")}`),
  branch_decided: (detail) =>
    quiet("branch", `${branch(text(detail, "branch"))}: ${outcome(detail.outcome)}`),
  email_sent: (detail) => ({
    sign: "mail",
    weight: "plain",
    tone: "blue",
    text: `Sent “${text(detail, "subject") || "(no subject)"}”${variant(detail)}`,
  }),
  email_skipped: (detail) => ({
    sign: "alert",
    weight: "plain",
    tone: "amber",
    text: `Did not send “${text(detail, "subject") || "(no subject)"}”: it may have been sent before`,
  }),
  email_outcome_unknown: (detail) => ({
    sign: "alert",
    weight: "plain",
    tone: "amber",
    text: `${
      text(detail, "cause") === "restored"
        ? "A backup was restored, and an email may have been sent after it was made"
        : "The connection to the mail server broke while an email was being sent"
    }; ${text(detail, "then") === "resend" ? "it is sent again" : "it is not sent again"}`,
  }),
  action_outcome_unknown: () => ({
    sign: "alert",
    weight: "plain",
    tone: "amber",
    text: "A backup was restored, and an action may have been performed after it was made; it is performed again",
  }),
  action_performed: (detail) => ({ sign: "spark", weight: "plain", tone: "grey", text: action(detail) }),
  deferred: (detail) => quiet("clock", deferred(detail)),
  released: () => quiet("play", "Released: the mailbox sends again"),
  held: (detail) => ({
    sign: "pause",
    weight: "plain",
    tone: "amber",
    text: `Held until ${moment(detail, "until")}: the lead is out of office`,
  }),
  heard: (detail) => quiet("check", `The awaited event happened: ${heard(text(detail, "event"))}`),
  paused: (detail) => ({ sign: "pause", weight: "plain", tone: "amber", text: `Paused ${pausedBy(detail)}` }),
  resumed: (detail) => ({
    sign: "play",
    weight: "plain",
    tone: "green",
    text:
      text(detail, "mode") === "original_schedule"
        ? "Resumed on its original schedule"
        : "Resumed with the rest of the wait",
  }),
  stopped: (detail) => ({
    sign: "stop",
    weight: "plain",
    tone: "violet",
    text: `Stopped: ${stopReason(text(detail, "reason"))}`,
  }),
  completed: () => ({
    sign: "check",
    weight: "plain",
    tone: "green",
    text: "Completed the sequence",
  }),
  failed: (detail) => ({
    sign: "alert",
    weight: "loud",
    tone: "red",
    text: `Failed: ${text(detail, "error") || "no error was recorded"}`,
  }),
  step_performed: (detail) =>
    quiet("spark", `Performed: ${text(detail, "type") || "a step of its own type"}`),
  relabelled: (detail) => quiet("check", relabelled(detail)),
  plan_changed: (detail) => quiet("branch", `Moved to version ${text(detail, "version")} of the sequence`),
};

/** What the lead did, by the type of the event. Any other name is an event of the tenant's own. */
export const ENGAGEMENT: Record<string, Tell> = {
  reply: () => ({ sign: "reply", weight: "loud", tone: "green", text: "Replied" }),
  auto_reply: (detail) => ({ sign: "reply", weight: "plain", tone: "amber", text: autoReply(detail) }),
  open: (detail) => seen("eye", "Opened the email", "A machine opened the email, not a person", detail),
  click: (detail) =>
    seen(
      "cursor",
      `Clicked ${text(detail, "url") || "a link"}`,
      "A machine followed a link, not a person",
      detail,
    ),
  bounce: (detail) => ({
    sign: "bounce",
    weight: "loud",
    tone: "red",
    text: detail.hard === false ? "The email bounced (soft bounce)" : "The email bounced (hard bounce)",
  }),
  unsubscribe: () => ({ sign: "stop", weight: "loud", tone: "amber", text: "Unsubscribed" }),
  complaint: () => ({
    sign: "alert",
    weight: "loud",
    tone: "red",
    text: "Complained: marked the email as spam",
  }),
};

export function sentenceOf(entry: Pick<TimelineEntry, "kind" | "event" | "detail">): Sentence {
  const known = own(entry.kind === "log" ? LOG : ENGAGEMENT, entry.event);
  if (known) return known(entry.detail);
  return entry.kind === "log"
    ? quiet("spark", words(entry.event))
    : { sign: "user", weight: "loud", tone: "blue", text: `Did “${entry.event}”` };
}

/** The engine's own stop reasons. A sequence may name any other. */
export const STOP_REASONS: Record<string, string> = {
  manual: "by hand",
  replied: "the lead replied",
  bounced: "the lead's address bounces",
  unsubscribed: "the lead unsubscribed",
  complained: "the lead marked it as spam",
  company_replied: "a colleague replied",
  suppressed: "the lead's address is suppressed",
  sequence_archived: "the sequence was archived",
  moved_to_campaign: "the lead moved to another campaign",
};

export function stopReason(code: string): string {
  return own(STOP_REASONS, code) ?? (words(code).toLowerCase() || "no reason given");
}

/** Why an email was put off, by the `cause` of a `deferred` event. */
export const CAUSES: Record<string, string> = {
  window: "the send window is closed",
  holiday: "it is a holiday",
  working_hours: "the mailbox's working hours are over",
  daily_cap: "the mailbox has reached its daily cap",
  hourly_cap: "the mailbox has reached its hourly cap",
  minimum_gap: "the mailbox waits between two emails",
  mailbox_held: "the mailbox is held",
};

/** What an `action` step did, by the name of the action. */
export const ACTIONS: Record<string, (detail: Detail) => string> = {
  update_status: (detail) => `Set the status to “${text(detail, "status")}”`,
  mark_qualified: () => "Marked as qualified",
  tag_lead: (detail) => tagged(detail),
  notify_user: (detail) => `Notified a user: ${text(detail, "message")}`,
  assign_to_user: () => "Assigned the lead to a user",
  add_to_campaign: (detail) =>
    detail.stop_current === true ? "Moved to another campaign" : "Added to another campaign",
  webhook: (detail) => `Called ${text(detail, "url") || "a webhook"}`,
};

function action(detail: Detail): string {
  const name = text(detail, "action");
  return own(ACTIONS, name)?.(detail) ?? words(name || "action");
}

function tagged(detail: Detail): string {
  const said = [
    ["Tagged", list(detail.add)],
    ["untagged", list(detail.remove)],
  ].filter(([, tags]) => tags);
  const sentence = said.map(([verb, tags]) => `${verb} ${tags}`).join(", ");
  return sentence ? sentence.charAt(0).toUpperCase() + sentence.slice(1) : "Changed no tag";
}

function seen(sign: Sign, byPerson: string, byMachine: string, detail: Detail): Sentence {
  return detail.machine === true
    ? quiet(sign, byMachine)
    : { sign, weight: "loud", tone: "green", text: byPerson };
}

function autoReply(detail: Detail): string {
  if (text(detail, "note") === "no_longer_there") return "Auto-reply: they no longer work there";
  if (text(detail, "note") === "ticket") return "Auto-reply: a help desk's receipt";
  const back = text(detail, "returns_on");
  return back ? `Out of office, back on ${dayName(back)}` : "Out of office";
}

const BRANCHES: Record<string, string> = {
  else: "No branch applied",
  on_event: "The event happened",
  on_timeout: "The time was up",
};

function branch(name: string): string {
  const numbered = /^branches\[(\d+)\]$/.exec(name);
  if (numbered) return `Branch ${Number(numbered[1]) + 1}`;
  return own(BRANCHES, name) ?? words(name || "decided");
}

function outcome(value: unknown): string {
  if (typeof value !== "object" || value === null) return "continues";
  if ("goto" in value) return `goes to ${String(value.goto)}`;
  if ("stop" in value) return `stops${"reason" in value ? ` (${stopReason(String(value.reason))})` : ""}`;
  return "continues";
}

function relabelled(detail: Detail): string {
  const clicks = Number(text(detail, "clicks")) || 0;
  const deed = clicks > 0 ? `followed ${plural(clicks, "link")}` : "opened the email";
  const moved = detail.moved === true ? "; steps that were taken because of it stay" : "";
  return `A machine, not a person, had ${deed}${moved}`;
}

function deferred(detail: Detail): string {
  const cause = text(detail, "cause");
  const why = own(CAUSES, cause) ?? words(cause).toLowerCase();
  const said = detail.until ? `Put off until ${moment(detail, "until")}` : "Waits";
  return why ? `${said}: ${why}` : said;
}

const DEEDS: Record<string, string> = { open: "an open", click: "a click", reply: "a reply" };

function heard(key: string): string {
  return own(DEEDS, key) ?? `“${key.replace(/^custom:/, "")}”`;
}

function pausedBy(detail: Detail): string {
  const by = text(detail, "by");
  if (by === "sequence") return "with its sequence";
  return by === "company" ? "because a colleague replied" : "by hand";
}

function variant(detail: Detail): string {
  const name = text(detail, "variant");
  return name ? ` (variant ${name})` : "";
}

/** The entry of that name. A name comes from the server and may be any text, even `constructor`. */
function own<Entry>(record: Record<string, Entry>, name: string): Entry | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function list(value: unknown): string {
  return Array.isArray(value) ? value.map(String).join(", ") : "";
}

function moment(detail: Detail, name: string): string {
  const at = text(detail, name);
  return Number.isNaN(Date.parse(at)) ? "later" : absoluteTime(at);
}

function dayName(day: string): string {
  const at = new Date(`${day}T00:00:00`);
  return Number.isNaN(at.getTime())
    ? day
    : at.toLocaleDateString("en", { weekday: "short", day: "numeric", month: "short", year: "numeric" });
}

function text(detail: Detail, name: string): string {
  const value = detail[name];
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** What recording an event by hand did to the enrollments. */
export function recordedSentence(answer: {
  recorded: boolean;
  stopped: readonly string[];
  held: readonly string[];
  company_stopped: readonly string[];
  company_paused: readonly string[];
}): string {
  if (!answer.recorded) return "It was recorded before: nothing changed.";
  const parts = [
    [answer.stopped, "ended"],
    [answer.held, "held until they are back"],
    [answer.company_stopped, "of colleagues ended"],
    [answer.company_paused, "of colleagues paused"],
  ] as const;
  const said = parts
    .filter(([those]) => those.length > 0)
    .map(([those, what]) => `${plural(those.length, "enrollment")} ${what}`);
  return said.length > 0 ? `Recorded: ${said.join(", ")}.` : "Recorded.";
}
