import { absoluteTime, relativeTime } from "@/lib/format";

/** A moment as people say it ("in 3 days"), with the exact one on hover. */
export function Time({ at, exact = false }: { at: string | null | undefined; exact?: boolean }) {
  if (!at) return <span className="muted">–</span>;
  return (
    <time dateTime={at} title={absoluteTime(at)}>
      {exact ? absoluteTime(at) : relativeTime(at)}
    </time>
  );
}
