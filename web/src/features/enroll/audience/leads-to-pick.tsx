import { memo } from "react";
import type { LeadResponse } from "@/api/schema";
import { Badge, StatusBadge } from "@/ui/data/badge";
import { Table } from "@/ui/data/table";
import styles from "../enroll.module.css";
import { type Selection, stateOf, toggled } from "./selection";

export function LeadsToPick({
  leads,
  selection,
  onSelect,
}: {
  leads: readonly LeadResponse[];
  selection: Selection;
  onSelect: (change: (selection: Selection) => Selection) => void;
}) {
  const ids = leads.map((lead) => lead.id);
  const state = stateOf(selection, ids);
  return (
    <Table label="Leads to enroll" className={styles.leads}>
      <thead>
        <tr>
          <th className={styles.box}>
            <input
              type="checkbox"
              aria-label="Select all leads shown"
              checked={state === "all"}
              ref={(box) => {
                if (box) box.indeterminate = state === "some";
              }}
              onChange={(event) => {
                const on = event.target.checked;
                onSelect((before) => toggled(before, ids, on));
              }}
            />
          </th>
          <th>Lead</th>
          <th className={styles.wide}>Company</th>
          <th>Status</th>
          <th className={styles.wide}>Tags</th>
        </tr>
      </thead>
      <tbody>
        {leads.map((lead) => (
          <Row key={lead.id} lead={lead} chosen={selection.ids.has(lead.id)} onSelect={onSelect} />
        ))}
      </tbody>
    </Table>
  );
}

const Row = memo(function Row({
  lead,
  chosen,
  onSelect,
}: {
  lead: LeadResponse;
  chosen: boolean;
  onSelect: (change: (selection: Selection) => Selection) => void;
}) {
  const name = lead.name || lead.email;
  return (
    <tr data-chosen={chosen}>
      <td className={styles.box}>
        <input
          type="checkbox"
          aria-label={`Select ${name}`}
          checked={chosen}
          onChange={(event) => {
            const on = event.target.checked;
            onSelect((before) => toggled(before, [lead.id], on));
          }}
        />
      </td>
      <td className={styles.lead}>
        <span>{name}</span>
        {lead.name && <span className={styles.address}>{lead.email}</span>}
      </td>
      <td className={styles.wide}>{lead.company}</td>
      <td>
        <StatusBadge status={lead.status} />
      </td>
      <td className={styles.wide}>
        <span className={styles.tags}>
          {lead.tags.slice(0, 3).map((tag) => (
            <Badge key={tag}>{tag}</Badge>
          ))}
          {lead.tags.length > 3 && <span className="muted">+{lead.tags.length - 3}</span>}
        </span>
      </td>
    </tr>
  );
});
