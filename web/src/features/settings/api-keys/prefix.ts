/** What the server keeps of a key to be known by: the eight characters behind `cdz_`. */
export function prefixOf(key: string | null): string | null {
  return key?.match(/^cdz_(.{8})/)?.[1] ?? null;
}
