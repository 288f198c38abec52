/** Adds the typed tags, separated by commas or semicolons, each once. */
export function withTags(tags: readonly string[], typed: string): string[] {
  const added = typed
    .split(/[,;]/)
    .map((tag) => tag.trim().replaceAll(/\s+/g, " "))
    .filter(Boolean);
  return [...new Set([...tags, ...added])];
}
