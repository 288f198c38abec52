import { useSyncExternalStore } from "react";
import { absoluteTime, relativeTime } from "@/lib/format";

/** How often relative times are updated, in milliseconds. */
const TICK = 15_000;

/** A time relative to now ("in 3 days"), with the exact time on hover. */
export function Time({ at, exact = false }: { at: string | null | undefined; exact?: boolean }) {
  useSyncExternalStore(subscribe, tick);
  if (!at) return <span className="muted">–</span>;
  return (
    <time dateTime={at} title={absoluteTime(at)}>
      {exact ? absoluteTime(at) : relativeTime(at)}
    </time>
  );
}

// One timer for all of them: a table holds hundreds.
const listeners = new Set<() => void>();
let clock: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  clock ??= setInterval(() => {
    for (const one of listeners) one();
  }, TICK);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(clock);
    clock = undefined;
  };
}

function tick(): number {
  return Math.floor(Date.now() / TICK);
}
