/** The search parameters of a section: what is open in it, and its filters. */
export interface SettingsSearch {
  /** The open mailbox, domain or webhook endpoint. */
  open?: string;
  search?: string;
  kind?: "address" | "domain";
  show?: "unread";
}

export function settingsSearch(given: Record<string, unknown>): SettingsSearch {
  return {
    ...text("open", given.open),
    ...text("search", given.search),
    ...((given.kind === "address" || given.kind === "domain") && { kind: given.kind }),
    ...(given.show === "unread" && { show: given.show }),
  };
}

function text(name: "open" | "search", value: unknown): Partial<SettingsSearch> {
  return typeof value === "string" && value !== "" && value.length <= 320 ? { [name]: value } : {};
}
