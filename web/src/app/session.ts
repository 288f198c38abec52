import { useSyncExternalStore } from "react";

/** The API key this browser works with. It stays in this browser; a key in the address (`#key=...`, as `cadenza up` prints
 * it) is taken over and removed from the address, so that it lands in no history, log or Referer. */

const NAME = "cadenza.key";
const listeners = new Set<() => void>();
let refused = false;

export function currentKey(): string | null {
  return localStorage.getItem(NAME);
}

/** Whether the server has refused the key that this page worked with, and nobody has signed in since. */
export function keyWasRefused(): boolean {
  return refused;
}

export function signIn(key: string): void {
  refused = false;
  localStorage.setItem(NAME, key);
  tell();
}

export function signOut(): void {
  refused = false;
  localStorage.removeItem(NAME);
  tell();
}

/** The key has expired or was revoked: the page asks for another, and goes on where it was. */
export function dropRefusedKey(): void {
  refused = true;
  localStorage.removeItem(NAME);
  tell();
}

export function takeKeyFromAddress(): void {
  const key = new URLSearchParams(location.hash.slice(1)).get("key");
  if (key === null) return;
  history.replaceState(history.state, "", location.pathname + location.search);
  signIn(key);
}

export function useKey(): string | null {
  return useSyncExternalStore(subscribe, currentKey);
}

function tell(): void {
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  addEventListener("storage", listener);
  return () => {
    listeners.delete(listener);
    removeEventListener("storage", listener);
  };
}
