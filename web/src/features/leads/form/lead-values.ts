import type { FieldProblem } from "@/api/problem";
import type { LeadCreate, LeadResponse, LeadUpdate } from "@/api/schema";

/** The values of the form. All of them are text until they are sent. */
export interface LeadValues {
  email: string;
  first_name: string;
  last_name: string;
  company: string;
  title: string;
  phone: string;
  timezone: string;
  status: string;
  owner_id: string;
  tags: string[];
  custom: CustomRow[];
}

export interface CustomRow {
  id: number;
  name: string;
  value: string;
}

export function emptyLead(): LeadValues {
  return {
    email: "",
    first_name: "",
    last_name: "",
    company: "",
    title: "",
    phone: "",
    timezone: "",
    status: "new",
    owner_id: "",
    tags: [],
    custom: [],
  };
}

export function valuesOf(lead: LeadResponse): LeadValues {
  const { email, first_name, last_name, company, title, phone, timezone, status, tags } = lead;
  return {
    ...{ email, first_name, last_name, company, title, phone, timezone, status, tags },
    owner_id: lead.owner_id ?? "",
    custom: Object.entries(lead.custom).map(([name, value], id) => ({ id, name, value: shown(value) })),
  };
}

/** The text of a value in an input: text as it is, everything else as JSON. */
export function shown(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Converts the text of an input back to a value. An untouched value keeps its type; an edited number or boolean
 * keeps its type if the text still fits. Anything else is text. */
export function readBack(text: string, before: unknown): unknown {
  if (before === undefined || typeof before === "string") return text;
  if (text === shown(before)) return before;
  try {
    const read: unknown = JSON.parse(text);
    return typeof read === typeof before ? read : text;
  } catch {
    return text;
  }
}

export function toCreate(values: LeadValues): LeadCreate {
  return { ...common(values), custom: customOf(values.custom, {}) };
}

/** Only what the user changed, so that changes of the engine in the meantime are kept. Null for each removed custom
 * field. */
export function toUpdate(values: LeadValues, before: LeadResponse): LeadUpdate {
  const [now, then] = [common(values), common(valuesOf(before))];
  const changed: LeadUpdate = Object.fromEntries(
    Object.entries(now).filter(([name, value]) => !same(value, then[name as keyof typeof then])),
  );
  const custom = changedCustom(customOf(values.custom, before.custom), before.custom);
  return Object.keys(custom).length > 0 ? { ...changed, custom } : changed;
}

function changedCustom(
  now: Record<string, unknown>,
  before: Record<string, unknown>,
): Record<string, unknown> {
  const taken = Object.keys(before).filter((name) => !(name in now));
  const set = Object.entries(now).filter(([name, value]) => !(name in before) || !same(value, before[name]));
  return { ...Object.fromEntries(taken.map((name) => [name, null])), ...Object.fromEntries(set) };
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function common({ custom: _, ...values }: LeadValues) {
  return { ...values, timezone: values.timezone.trim(), owner_id: values.owner_id || null };
}

function customOf(rows: readonly CustomRow[], before: Record<string, unknown>): Record<string, unknown> {
  const named = rows.filter((row) => row.name.trim());
  return Object.fromEntries(
    named.map((row) => [row.name.trim(), readBack(row.value, before[row.name.trim()])]),
  );
}

/** A mistake that the form can find itself. The server finds all others. */
export function mistakeIn(values: LeadValues): { field: string; detail: string } | null {
  const names = values.custom.map((row) => row.name.trim()).filter(Boolean);
  const twice = names.find((name, place) => names.indexOf(name) !== place);
  if (twice) return { field: "custom", detail: `There are two custom fields called “${twice}”.` };
  const nameless = values.custom.some((row) => !row.name.trim() && row.value.trim());
  return nameless ? { field: "custom", detail: "A custom field needs a name." } : null;
}

/** The server's text about one field. `tags[2]` and `custom.plan` belong to `tags` and `custom`. */
export function faultOf(field: string, faults: readonly FieldProblem[]): string | undefined {
  return faults.find((fault) => fault.field.split(/[.[]/)[0] === field)?.detail;
}
