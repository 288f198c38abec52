import { asSentence } from "@/lib/sentence";
import { ApiProblem, messageOf } from "./problem";

/** The problems of a form, each beside its own input. */
export interface FormProblem {
  /** The text for the input of this field (`smtp.host`). It includes problems of parts of the field that have no
   * input. */
  of: (field: string) => string | undefined;
  /** The problems that belong to no input on the screen. Undefined when there are none. */
  rest: string | undefined;
}

/** Replaces texts of the server that are written for programs. */
const PLAIN: Record<string, string> = {
  missing: "Must be given.",
  string_too_short: "Must not be empty.",
  too_short: "Choose at least one.",
  int_type: "A whole number is expected.",
  int_parsing: "A whole number is expected.",
  int_from_float: "A whole number is expected.",
  date_parsing: "A date is expected.",
  date_from_datetime_parsing: "A date is expected.",
};

/** `shown` names the fields that have an input. A problem goes to the closest one: `working_hours.days[0]` to
 * `working_hours.days`, else to `working_hours`. */
export function formProblem(error: unknown, shown: readonly string[]): FormProblem {
  if (error == null) return { of: () => undefined, rest: undefined };
  const said = new Map<string, string[]>();
  const others: string[] = [];
  for (const { field, code, detail: told } of error instanceof ApiProblem ? error.fields : []) {
    const detail = PLAIN[code] ?? told;
    const input = closest(field, shown);
    if (input === undefined) others.push(field ? `${field}: ${detail}` : detail);
    else said.set(input, [...(said.get(input) ?? []), detail]);
  }
  if (said.size === 0 && others.length === 0) others.push(messageOf(error));
  return {
    of: (field) => said.get(field)?.map(asSentence).join(" "),
    rest: others.length ? others.map(asSentence).join(" ") : undefined,
  };
}

function closest(field: string, shown: readonly string[]): string | undefined {
  return shown
    .filter((input) => field === input || field.startsWith(`${input}.`) || field.startsWith(`${input}[`))
    .sort((a, b) => b.length - a.length)[0];
}
