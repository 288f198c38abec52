/** The statuses that the engine sets. Any other text is a status of the tenant's own. */
const OF_ENGINE = ["new", "qualified", "unresponsive", "unsubscribed", "bounced"] as const;

/** The engine's statuses first, then those in use, each once. */
export function statusesWith(seen: readonly string[], chosen?: string | undefined): string[] {
  const own = [...seen, ...(chosen ? [chosen] : [])].sort();
  return [...new Set([...OF_ENGINE, ...own])];
}
