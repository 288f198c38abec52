import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { count } from "@/lib/format";
import { Table } from "@/ui/data/table";
import { Time } from "@/ui/data/time";
import { Button } from "@/ui/inputs/button";
import { Failed } from "@/ui/page/states";
import styles from "../enroll.module.css";
import { namedLeadsQuery } from "../queries";
import { whyOf } from "./skip-reasons";

const PAGE = 25;

export interface ListedLead {
  lead_id: string;
  /** Why the lead is skipped, if it is. */
  code?: string;
  until?: string | null;
}

/** A table of leads of which only the IDs are known. Names are loaded page by page. */
export function NamedLeads({ label, leads }: { label: string; leads: readonly ListedLead[] }) {
  const [page, setPage] = useState(0);
  const shown = leads.slice(page * PAGE, (page + 1) * PAGE);
  const named = useQuery(namedLeadsQuery(shown.map((lead) => lead.lead_id)));
  if (leads.length === 0) return <p className="muted">Nobody.</p>;
  const reasons = leads.some((lead) => lead.code !== undefined);
  const last = Math.ceil(leads.length / PAGE) - 1;
  return (
    <>
      {named.error && <Failed error={named.error} retry={() => named.refetch()} />}
      <Table label={label} className={styles.leads}>
        <thead>
          <tr>
            <th>Lead</th>
            <th className={styles.wide}>Company</th>
            {reasons && <th>Why it is skipped</th>}
          </tr>
        </thead>
        <tbody>
          {shown.map((lead, index) => {
            const known = named.data?.get(lead.lead_id);
            return (
              // The same lead may be asked for twice, and is skipped the second time.
              // biome-ignore lint/suspicious/noArrayIndexKey: a page of a list that stands
              <tr key={`${lead.lead_id} ${index}`}>
                <td className={styles.lead}>
                  {known ? (
                    <Link to="/app/leads/$leadId" params={{ leadId: lead.lead_id }}>
                      {known.name || known.email}
                    </Link>
                  ) : (
                    <span className="muted">{named.isFetching ? "…" : "Does not exist any more"}</span>
                  )}
                  {known?.name && <span className={styles.address}>{known.email}</span>}
                </td>
                <td className={styles.wide}>{known?.company}</td>
                {reasons && (
                  <td>
                    {lead.code && whyOf(lead.code)}
                    {lead.until && (
                      <span className="muted">
                        , ends <Time at={lead.until} />
                      </span>
                    )}
                  </td>
                )}
              </tr>
            );
          })}
        </tbody>
      </Table>
      {last > 0 && (
        <nav className={styles.pager} aria-label={`Pages of ${label.toLowerCase()}`}>
          <span className="muted numeric">
            {count(page * PAGE + 1)} to {count(Math.min((page + 1) * PAGE, leads.length))} of{" "}
            {count(leads.length)}
          </span>
          <Button size="sm" disabled={page === 0} onClick={() => setPage(page - 1)}>
            Previous
          </Button>
          <Button size="sm" disabled={page === last} onClick={() => setPage(page + 1)}>
            Next
          </Button>
        </nav>
      )}
    </>
  );
}
