import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { LeadResponse } from "@/api/schema";
import { sessionQuery } from "@/api/session-query";
import { timeIn } from "@/lib/time-zones";
import { Time } from "@/ui/data/time";
import { useChangeLead } from "../change-lead";
import { shown } from "../form/lead-values";
import { TagField } from "../form/tag-field";
import { usersQuery } from "../queries";
import styles from "./lead-details.module.css";

export function LeadDetails({ lead }: { lead: LeadResponse }) {
  const change = useChangeLead(lead.id);
  const tags = change.isPending ? (change.variables.tags ?? lead.tags) : lead.tags;
  const clock = lead.timezone ? timeIn(lead.timezone) : null;
  return (
    <div className={styles.details}>
      <dl className={styles.list}>
        <Row name="Email">
          <a href={`mailto:${lead.email}`}>{lead.email}</a>
        </Row>
        <Row name="Company">{lead.company}</Row>
        <Row name="Title">{lead.title}</Row>
        <Row name="Phone">{lead.phone}</Row>
        <Row name="Time zone">
          {lead.timezone && (
            <>
              {lead.timezone}
              {clock && <span className={styles.sub}>{clock} there</span>}
            </>
          )}
        </Row>
        <Row name="Owner">{lead.owner_id && <Owner id={lead.owner_id} />}</Row>
      </dl>
      <TagField tags={tags} onChange={(next) => change.mutate({ tags: next })} />
      {Object.keys(lead.custom).length > 0 && (
        <div className={styles.group}>
          <h3>Custom fields</h3>
          <dl className={styles.list}>
            {Object.entries(lead.custom).map(([name, value]) => (
              <Row key={name} name={name}>
                {shown(value)}
              </Row>
            ))}
          </dl>
        </div>
      )}
      <p className={styles.dates}>
        Created <Time at={lead.created_at} />, updated <Time at={lead.updated_at} />
      </p>
    </div>
  );
}

function Row({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={styles.row}>
      <dt>{name}</dt>
      <dd>{children || <span className="muted">–</span>}</dd>
    </div>
  );
}

/** Only administrators may list users; anybody else sees only that there is an owner. */
function Owner({ id }: { id: string }) {
  const session = useQuery(sessionQuery);
  const users = useQuery({ ...usersQuery, enabled: session.data?.scopes.includes("admin") ?? false });
  const owner = users.data?.items.find((user) => user.id === id);
  return <>{owner ? owner.name || owner.email : "Assigned"}</>;
}
