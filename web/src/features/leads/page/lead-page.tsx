import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Pencil, Send, Trash2 } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { hasCode } from "@/api/problem";
import type { LeadResponse } from "@/api/schema";
import { sessionQuery } from "@/api/session-query";
import { StatusBadge } from "@/ui/data/badge";
import { Button } from "@/ui/inputs/button";
import { Card, Page, Section } from "@/ui/page/page";
import { Empty, Failed, Loaded, Loading } from "@/ui/page/states";
import { EnrollDialog } from "../enrollment/enroll-dialog";
import { EnrollmentCard } from "../enrollment/enrollment-card";
import { EditLeadDialog } from "../form/edit-lead-dialog";
import { leadQuery, statesQuery } from "../queries";
import { Timeline } from "../timeline/timeline";
import { EraseLead } from "./erase-lead";
import { LeadClock } from "./lead-clock";
import { LeadDetails } from "./lead-details";
import styles from "./lead-page.module.css";
import { RecordEvent } from "./record-event";

const route = getRouteApi("/app/leads/$leadId");
const TRAIL = <Link to="/app/leads">Leads</Link>;

export function LeadPage() {
  const { leadId } = route.useParams();
  const lead = useQuery(leadQuery(leadId));
  if (hasCode(lead.error, "not_found")) {
    return (
      <Page title="No such lead" trail={TRAIL}>
        <Empty title="This lead does not exist">It may have been erased.</Empty>
      </Page>
    );
  }
  if (lead.data === undefined) {
    return (
      <Page title="Lead" trail={TRAIL}>
        {lead.error ? <Failed error={lead.error} retry={() => lead.refetch()} /> : <Loading rows={8} />}
      </Page>
    );
  }
  return <LeadThere lead={lead.data} fault={lead.error} />;
}

function LeadThere({ lead, fault }: { lead: LeadResponse; fault: unknown }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const session = useQuery(sessionQuery);
  const [asked, setAsked] = useState<"enroll" | "edit" | "erase" | null>(null);
  const close = () => setAsked(null);
  return (
    <Page
      title={lead.name || lead.email}
      trail={TRAIL}
      aside={
        <>
          <StatusBadge status={lead.status} />
          {lead.name && <span className={styles.address}>{lead.email}</span>}
        </>
      }
      actions={
        <>
          {session.data?.dev && <LeadClock leadId={lead.id} />}
          <RecordEvent leadId={lead.id} />
          <Button onClick={() => setAsked("edit")}>
            <Pencil /> Edit
          </Button>
          <Button icon look="danger" aria-label="Delete lead" onClick={() => setAsked("erase")}>
            <Trash2 />
          </Button>
          <Button look="primary" onClick={() => setAsked("enroll")}>
            <Send /> Enroll…
          </Button>
        </>
      }
    >
      {fault != null && <Failed error={fault} />}
      <div className={styles.columns}>
        <div className={styles.main}>
          <Enrollments leadId={lead.id} onEnroll={() => setAsked("enroll")} />
          <div className={styles.story}>
            <Section title="Timeline">
              <Timeline leadId={lead.id} />
            </Section>
          </div>
        </div>
        <aside className={styles.aside} aria-label="About the lead">
          <Card>
            <LeadDetails lead={lead} />
          </Card>
        </aside>
      </div>
      {asked === "edit" && <EditLeadDialog lead={lead} onClose={close} />}
      {asked === "enroll" && <EnrollDialog leadIds={[lead.id]} onClose={close} onEnrolled={close} />}
      {asked === "erase" && (
        <EraseLead
          lead={lead}
          onClose={close}
          onErased={() => {
            toast.success(`${lead.name || lead.email} is erased`);
            client.removeQueries({ queryKey: ["lead", lead.id] });
            client.resetQueries({ queryKey: ["leads"] });
            navigate({ to: "/app/leads" });
          }}
        />
      )}
    </Page>
  );
}

function Enrollments({ leadId, onEnroll }: { leadId: string; onEnroll: () => void }) {
  const states = useQuery(statesQuery(leadId));
  return (
    <Section title="Enrollments">
      <Loaded query={states} loading={<Loading rows={3} />}>
        {({ enrollments }) =>
          enrollments.length === 0 ? (
            <Empty title="Not enrolled yet" action={<Button onClick={onEnroll}>Enroll…</Button>}>
              Once enrolled, this shows where the lead stands, what comes next, and why nothing is being sent.
            </Empty>
          ) : (
            <ul className={styles.cards}>
              {enrollments.map((enrollment) => (
                <li key={enrollment.id}>
                  <EnrollmentCard enrollment={enrollment} />
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Section>
  );
}
