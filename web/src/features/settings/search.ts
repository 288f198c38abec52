/** What the address says of a section: what is open in it, and what it is narrowed to. */
export interface SettingsSearch {
  /** The mailbox, domain or webhook endpoint that is looked at. */
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
