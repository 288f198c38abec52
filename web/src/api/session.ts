import { useSyncExternalStore } from "react";

/** Whether somebody is signed in, as far as this page knows. Who it is stands in a cookie that no script can read: the
 * API says (session-query.ts). Nothing of it is kept in the browser's storage. */

/** Why nobody is: not yet, they left, the session ended in the middle of work, the key in the address was refused. */
export type Out = "new" | "left" | "ended" | "refused";

let out: Out | null = null;
let key: string | null = null;
let invitation: string | null = null;
const listeners = new Set<() => void>();
let onAnother: (() => void) | null = null;
// What one tab does counts for all: the cookie is theirs together.
const tabs = typeof window === "undefined" ? null : new BroadcastChannel("cadenza.session");

/** A key (`#key=...`, as `cadenza up` prints it) or an invitation is taken out of the address before anything else is
 * done, so that it lands in no history, log or Referer. */
export function takeSecretsFromAddress(): void {
  const given = new URLSearchParams(location.hash.slice(1));
  key = isOnLoopback(location.hostname) ? given.get("key") : null;
  invitation = given.get("invitation");
  if (!given.has("key") && invitation === null) return;
  history.replaceState(history.state, "", location.pathname + location.search);
}

/** Only there is a key in the address taken: `cadenza up` prints it. Anywhere else a link would sign whoever follows it
 * in to the organisation of whoever wrote it, and what they do next, they would do there. */
export function isOnLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/** To be exchanged for a session. */
export function keyInAddress(): string | null {
  return key;
}

export function dropKey(): void {
  key = null;
}

export function dropInvitation(): void {
  invitation = null;
  tell();
}

export function comeIn(): void {
  set(null);
  tabs?.postMessage("in");
}

export function goOut(why: Out): void {
  if (out !== null) return;
  set(why);
  if (why === "left") tabs?.postMessage("left");
}

export function whyOut(): Out | null {
  return out;
}

/** Whether the session ended in the middle of work, and nobody has signed in since. */
export function sessionHasEnded(): boolean {
  return out === "ended";
}

export function useOut(): Out | null {
  return useSyncExternalStore(subscribe, whyOut);
}

export function useInvitation(): string | null {
  return useSyncExternalStore(subscribe, () => invitation);
}

/** While somebody is signed in here, another tab signed somebody in: the cookie may be somebody else's now. */
export function whenAnotherComesIn(then: () => void): void {
  onAnother = then;
}

export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function set(why: Out | null): void {
  out = why;
  tell();
}

function tell(): void {
  for (const listener of listeners) listener();
}

tabs?.addEventListener("message", ({ data }) => {
  if (data === "left" && out === null) set("left");
  if (data === "in" && out !== null) set(null);
  else if (data === "in") onAnother?.();
});
