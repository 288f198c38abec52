/** Reads and writes the value of a test of a lead's field. */

export type ValueKind = "none" | "text" | "number" | "yes_no" | "list" | "other";

/** The kind of input for a value. A value that no input can show (an object, null) stays as it is. */
export function valueKind(op: string, value: unknown): ValueKind {
  if (op === "exists" || op === "not_exists") return "none";
  if (op === "in" || op === "not_in")
    return value === undefined || Array.isArray(value) ? "list" : ofType(value);
  return ofType(value);
}

function ofType(value: unknown): ValueKind {
  if (typeof value === "number") return "number";
  if (typeof value === "boolean") return "yes_no";
  return value === undefined || typeof value === "string" ? "text" : "other";
}

/** Converts a value to another kind and keeps as much of it as possible. */
export function asKind(kind: ValueKind, value: unknown): unknown {
  const first = Array.isArray(value) ? value[0] : value;
  switch (kind) {
    case "none":
      return undefined;
    case "list":
      return Array.isArray(value) ? value : first === undefined || first === "" ? [] : [first];
    case "number":
      return Number.isFinite(Number(first)) && first !== "" ? Number(first) : 0;
    case "yes_no":
      return first === true || first === "true" || first === "yes";
    default:
      return first === undefined || first === null
        ? ""
        : typeof first === "string"
          ? first
          : JSON.stringify(first);
  }
}

const COMPARES = ["gt", "gte", "lt", "lte"];

/** The kinds that an operator accepts, the usual one first. */
export function kindsOf(op: string): readonly ValueKind[] {
  if (op === "exists" || op === "not_exists") return ["none"];
  if (op === "in" || op === "not_in") return ["list"];
  return COMPARES.includes(op) ? ["number", "text"] : ["text", "number", "yes_no"];
}

/** The value for a new operator: unchanged if the operator accepts it, else converted to its usual kind. */
export function valueFor(op: string, value: unknown): unknown {
  const kinds = kindsOf(op);
  const kind = valueKind(op, value);
  if (COMPARES.includes(op) && kind === "text") return asKind("number", value);
  if (kind === "none") return undefined;
  return kinds.includes(kind) ? value : asKind(kinds[0] ?? "text", value);
}

/** The text of a list item on its chip. */
export function itemText(item: unknown): string {
  return typeof item === "string" ? item : JSON.stringify(item);
}
