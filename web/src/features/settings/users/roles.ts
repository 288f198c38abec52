import type { UserResponse } from "@/api/schema";

export type Role = UserResponse["role"];

/** What each role may do, beside all that the roles before it may do. */
export const ROLES: readonly [Role, string, string][] = [
  ["read", "Reader", "Sees sequences, leads, mailboxes and analytics."],
  ["write", "Editor", "Creates and changes them; enrolls, pauses and stops leads."],
  ["admin", "Administrator", "Users, API keys, webhooks, suppressions and the organisation."],
];

export function roleName(role: Role): string {
  return ROLES.find(([one]) => one === role)?.[1] ?? role;
}
