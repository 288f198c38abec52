import { Link } from "@tanstack/react-router";
import { memo } from "react";
import type { LeadResponse } from "@/api/schema";
import { Badge, StatusBadge } from "@/ui/data/badge";
import { Time } from "@/ui/data/time";
import styles from "./lead-table.module.css";

const TAGS_SHOWN = 2;

export const LeadRow = memo(function LeadRow({
  lead,
  index,
  selected,
  onToggle,
}: {
  lead: LeadResponse;
  index: number;
  selected: boolean;
  onToggle: (leadId: string) => void;
}) {
  const rest = lead.tags.length - TAGS_SHOWN;
  return (
    <tr data-index={index} aria-rowindex={index + 2} data-selected={selected}>
      <td className={styles.pick}>
        <input
          type="checkbox"
          aria-label={`Select ${lead.name || lead.email}`}
          checked={selected}
          onChange={() => onToggle(lead.id)}
        />
      </td>
      <td className={styles.lead}>
        <Link to="/app/leads/$leadId" params={{ leadId: lead.id }} preload={false} className={styles.link}>
          {lead.name || lead.email}
        </Link>
        {lead.name && <span className={styles.email}>{lead.email}</span>}
      </td>
      <td className={styles.company} title={lead.company}>
        {lead.company || <span className="muted">–</span>}
      </td>
      <td>
        <StatusBadge status={lead.status} />
      </td>
      <td className={styles.tags}>
        <span className={styles.tagList} title={lead.tags.join(", ")}>
          {lead.tags.slice(0, TAGS_SHOWN).map((tag) => (
            <Badge key={tag}>{tag}</Badge>
          ))}
          {rest > 0 && <span className="muted">+{rest}</span>}
        </span>
      </td>
      <td className={styles.zone} title={lead.timezone}>
        {lead.timezone || <span className="muted">–</span>}
      </td>
      <td className={styles.time}>
        <Time at={lead.created_at} />
      </td>
      <td className={styles.updated}>
        <Time at={lead.updated_at} />
      </td>
    </tr>
  );
});
