import type { BatchResponse } from "@/api/schema";

/** The words for each kind of batch, while it runs and when it is done. */
const KINDS: Record<string, { doing: string; done: string; one: string }> = {
  enroll_campaign: { doing: "Enrolling", done: "enrolled", one: "A campaign enrolled" },
  enroll_leads: { doing: "Enrolling", done: "enrolled", one: "Leads enrolled" },
  pause_sequence: { doing: "Pausing", done: "paused", one: "The sequence paused" },
  resume_sequence: { doing: "Resuming", done: "resumed", one: "The sequence resumed" },
  stop_sequence: { doing: "Stopping", done: "stopped", one: "The sequence stopped" },
  migrate_leads: { doing: "Moving leads", done: "moved", one: "Leads moved to a new version" },
};

const UNKNOWN = { doing: "Working", done: "done", one: "Work on leads" };

export function kindOf({ kind }: Pick<BatchResponse, "kind">): { doing: string; done: string; one: string } {
  return KINDS[kind] ?? UNKNOWN;
}

export function enrolls({ kind }: Pick<BatchResponse, "kind">): boolean {
  return kind.startsWith("enroll_");
}

/** The status for a badge. A batch is done only after Temporal has been told of every lead. */
export function standingOf(batch: Pick<BatchResponse, "status" | "done">): string {
  return batch.status === "done" && !batch.done ? "running" : batch.status;
}
