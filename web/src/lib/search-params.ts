/** The named search parameters that hold text. A parameter that looks like a number arrives as a number. */
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
