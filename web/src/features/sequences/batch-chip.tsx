import { useQuery } from "@tanstack/react-query";
import { LoaderCircle } from "lucide-react";
import { batchQuery } from "@/features/enroll/queries";
import { Badge } from "@/ui/badge";
import styles from "./sequence-table.module.css";

const DOING: Record<string, string> = {
  enroll_campaign: "Enrolling",
  enroll_leads: "Enrolling",
  pause_sequence: "Pausing",
  resume_sequence: "Resuming",
  stop_sequence: "Stopping",
  migrate_leads: "Moving leads",
};

/** What is being done to many leads of a sequence right now, and how far it is. */
export function BatchChip({ batchId }: { batchId: string }) {
  const { data } = useQuery(batchQuery(batchId));
  if (data === undefined || data.done) return null;
  return (
    <Badge tone="blue">
      <LoaderCircle size={12} className={styles.turning} aria-hidden="true" />
      {DOING[data.kind] ?? "Working"} {Math.floor(data.progress * 100)}%
    </Badge>
  );
}
