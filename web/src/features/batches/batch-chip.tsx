import { useQuery } from "@tanstack/react-query";
import { LoaderCircle } from "lucide-react";
import { Badge } from "@/ui/data/badge";
import styles from "./batch-chip.module.css";
import { kindOf } from "./batch-kinds";
import { batchQuery } from "./queries";

/** The batch that is running on a sequence, with its progress. */
export function BatchChip({ batchId }: { batchId: string }) {
  const { data } = useQuery(batchQuery(batchId));
  if (data === undefined || data.done) return null;
  return (
    <Badge tone="blue">
      <LoaderCircle size={12} className={styles.turning} aria-hidden="true" />
      {kindOf(data).doing} {Math.floor(data.progress * 100)}%
    </Badge>
  );
}
