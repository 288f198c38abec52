/** The statuses that the engine itself sets; any other text is a tenant's own. */
const OF_ENGINE = ["new", "qualified", "unresponsive", "unsubscribed", "bounced"] as const;

/** The engine's first, then those in use, each once. */
export function statusesWith(seen: readonly string[], chosen?: string | undefined): string[] {
  const own = [...seen, ...(chosen ? [chosen] : [])].sort();
  return [...new Set([...OF_ENGINE, ...own])];
}
