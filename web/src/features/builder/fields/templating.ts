/** Inserts Liquid into a template at the cursor. */

export interface MergeField {
  name: string;
  label: string;
  /** What a lead without a value gets. An empty field without a fallback is refused. */
  fallback?: string;
}

export interface Edited {
  text: string;
  /** The part to select afterwards, so that the user can type over it. */
  start: number;
  end: number;
}

/** Inserts the field between `start` and `end` of the text and selects its fallback. */
export function insertField(text: string, start: number, end: number, field: MergeField): Edited {
  const before = text.slice(0, start);
  if (field.fallback === undefined) {
    const tag = `{{ ${field.name} }}`;
    const after = start + tag.length;
    return { text: before + tag + text.slice(end), start: after, end: after };
  }
  const head = `{{ ${field.name} | default: "`;
  const chosen = start + head.length;
  return {
    text: `${before}${head}${field.fallback}" }}${text.slice(end)}`,
    start: chosen,
    end: chosen + field.fallback.length,
  };
}

/** Adds the filter to the `{{ … }}` that the cursor is in or directly behind. Null if there is none. */
export function insertFilter(text: string, cursor: number, filter: string): Edited | null {
  const open = cursor < 2 ? -1 : text.lastIndexOf("{{", cursor - 2);
  if (open < 0) return null;
  const close = text.indexOf("}}", open);
  if (close < 0 || close + 2 < cursor) return null;
  const inside = text.slice(open, close).trimEnd();
  const written = `${inside} | ${filter}`;
  const place = open + written.length;
  return { text: `${text.slice(0, open)}${written} ${text.slice(close)}`, start: place, end: place };
}

export const FILTERS: readonly (readonly [string, string])[] = [
  ['default: "there"', "if there is no value"],
  ["capitalize", "first letter in upper case"],
  ["upcase", "ALL UPPER CASE"],
  ["downcase", "all lower case"],
  ["truncate: 40", "at most 40 characters"],
  ['split: " " | first', "the first word"],
  ['date: "%d %B %Y"', "a date in words"],
  ["url_encode", "for a link"],
];

const LEAD: readonly MergeField[] = [
  { name: "first_name", label: "First name", fallback: "there" },
  { name: "last_name", label: "Last name", fallback: "" },
  { name: "name", label: "Full name", fallback: "there" },
  { name: "email", label: "Email" },
  { name: "company", label: "Company", fallback: "your company" },
  { name: "title", label: "Title", fallback: "your role" },
  { name: "phone", label: "Phone", fallback: "" },
  { name: "status", label: "Status" },
  { name: "timezone", label: "Time zone", fallback: "UTC" },
];

const OTHERS: readonly (readonly [string, readonly MergeField[]])[] = [
  [
    "Sender",
    [
      { name: "sender.name", label: "Name" },
      { name: "sender.email", label: "Email" },
      { name: "sender.postal_address", label: "Postal address" },
    ],
  ],
  [
    "Sequence and message",
    [
      { name: "sequence.name", label: "Sequence name" },
      { name: "now", label: "Time of sending" },
      { name: "unsubscribe_url", label: "Unsubscribe link" },
    ],
  ],
];

/** The fields that a template may name, in groups. `custom` are the keys of custom fields; those that Liquid cannot
 * read as a path are left out. */
export function mergeFields(
  custom: readonly string[],
): readonly (readonly [string, readonly MergeField[]])[] {
  const own = custom
    .filter((key) => /^[A-Za-z_][\w-]*$/.test(key))
    .map((key) => ({ name: `custom.${key}`, label: key, fallback: "" }));
  return [["Lead", LEAD], ...(own.length > 0 ? [["Custom fields", own] as const] : []), ...OTHERS];
}

/** The fields of a lead that a condition can test. */
export function testableFields(custom: readonly string[]): string[] {
  return [...LEAD.map((field) => field.name), "tags", ...custom.map((key) => `custom.${key}`)];
}
