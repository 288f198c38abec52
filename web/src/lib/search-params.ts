/** Those of the named search parameters that hold text, as they stand in the address. A number is one that looks like it. */
export function texts<Name extends string>(
  given: Record<string, unknown>,
  names: readonly Name[],
): { [key in Name]?: string } {
  const found: { [key in Name]?: string } = {};
  for (const name of names) {
    const value = given[name];
    if ((typeof value === "string" && value !== "") || typeof value === "number") found[name] = String(value);
  }
  return found;
}
