/** Reads and changes the config of a step. A config may be incomplete and may hold keys that the browser does not
 * know: editing one field must not lose another. */

export type Raw = Readonly<Record<string, unknown>>;

export function isRaw(value: unknown): value is Raw {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function textOf(raw: Raw, name: string): string {
  const value = raw[name];
  return typeof value === "string" ? value : "";
}

export function numberOf(raw: Raw, name: string): number | undefined {
  const value = raw[name];
  return typeof value === "number" ? value : undefined;
}

export function listOf(raw: Raw, name: string): readonly unknown[] {
  const value = raw[name];
  return Array.isArray(value) ? value : [];
}

export function rawOf(raw: Raw, name: string): Raw | undefined {
  const value = raw[name];
  return isRaw(value) ? value : undefined;
}

/** The object with these fields changed, in their old order. Undefined removes a field. */
export function patched(raw: Raw, changes: Raw): Record<string, unknown> {
  const next: Record<string, unknown> = { ...raw };
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) delete next[name];
    else next[name] = value;
  }
  return next;
}

export function replaced<Item>(items: readonly Item[], index: number, item: Item): Item[] {
  return items.map((old, place) => (place === index ? item : old));
}

export function without<Item>(items: readonly Item[], index: number): Item[] {
  return items.filter((_, place) => place !== index);
}

/** Moves an item one place up (-1) or down (1). At the ends the list stays the same. */
export function moved<Item>(items: readonly Item[], index: number, by: -1 | 1): Item[] {
  const next = [...items];
  const [item] = next.splice(index, 1);
  if (item === undefined || index + by < 0) return [...items];
  next.splice(index + by, 0, item);
  return next;
}

/** Keys for the rows of a list whose items have no IDs: their indexes. */
export function places(items: readonly unknown[]): string[] {
  return items.map((_, index) => `place-${index}`);
}
