import type { LeadResponse } from "@/api/schema";

/** Answers of the API, for tests. */

export function lead(changes: Partial<LeadResponse> = {}): LeadResponse {
  return {
    id: "0190a000-0000-7000-8000-000000000001",
    email: "ada@analytical.example",
    first_name: "Ada",
    last_name: "Lovelace",
    name: "Ada Lovelace",
    company: "Analytical Engines",
    title: "",
    phone: "",
    timezone: "Europe/London",
    status: "new",
    owner_id: null,
    tags: ["trial"],
    custom: { plan: "pro" },
    created_at: "2026-11-27T10:00:00Z",
    updated_at: "2026-11-27T10:00:00Z",
    ...changes,
  };
}

export function page<Item>(items: Item[]): { items: Item[]; next_cursor: null } {
  return { items, next_cursor: null };
}
