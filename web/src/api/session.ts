import { useSyncExternalStore } from "react";

/** Whether somebody is signed in, as far as this page knows. The session itself is in a cookie that no script can
 * read; the API says whose it is (session-query.ts). Nothing of it is kept in the browser's storage. */

/** Why nobody is signed in: not yet, signed out, the session ended during work, the key in the address was
 * refused. */
export type Out = "new" | "left" | "ended" | "refused";

let out: Out | null = null;
let key: string | null = null;
let invitation: string | null = null;
const listeners = new Set<() => void>();
let onAnother: (() => void) | null = null;
// All tabs share the cookie, so a sign-in or sign-out in one of them is announced to the others.
const tabs = typeof window === "undefined" ? null : new BroadcastChannel("cadenza.session");

/** Takes a key (`#key=...`, as `cadenza up` prints it) or an invitation out of the address before anything else runs,
 * so that it gets into no history, log or Referer. */
export function takeSecretsFromAddress(): void {
  const given = new URLSearchParams(location.hash.slice(1));
  key = isOnLoopback(location.hostname) ? given.get("key") : null;
  invitation = given.get("invitation");
  if (!given.has("key") && invitation === null) return;
  history.replaceState(history.state, "", location.pathname + location.search);
}

/** A key in the address is accepted on loopback only, where `cadenza up` prints it. On any other host, a link with
 * the attacker's key would sign a victim in to the attacker's organisation. */
export function isOnLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/** The API key to exchange for a session; null if the address held none. */
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

/** Whether the session ended during work and nobody has signed in since. */
export function sessionHasEnded(): boolean {
  return out === "ended";
}

export function useOut(): Out | null {
  return useSyncExternalStore(subscribe, whyOut);
}

export function useInvitation(): string | null {
  return useSyncExternalStore(subscribe, () => invitation);
}

/** Another tab signed somebody in while a session was open here: the cookie may belong to somebody else now. */
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
