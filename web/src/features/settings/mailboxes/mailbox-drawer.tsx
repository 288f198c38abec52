import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, call } from "@/api/client";
import { LIVE } from "@/api/query-client";
import type { MailboxDetail } from "@/api/schema";
import { useMay } from "@/api/scopes";
import { count } from "@/lib/format";
import { StatusBadge } from "@/ui/data/badge";
import { Time } from "@/ui/data/time";
import { Button } from "@/ui/inputs/button";
import { Dialog } from "@/ui/overlays/dialog";
import { Section } from "@/ui/page/page";
import { Loaded } from "@/ui/page/states";
import styles from "../settings.module.css";
import { CheckMailbox } from "./check-mailbox";
import { DeleteMailbox } from "./delete-mailbox";
import { HoldButton } from "./hold-button";
import { Inbox } from "./inbox";
import { MailboxForm } from "./mailbox-form";
import { capsText, gapText, hoursText, rampText, sentTodayText, whyHeld } from "./mailbox-words";

/** One mailbox: its health, its limits, its servers and its inbox. */
export function MailboxDrawer({ mailboxId, onClose }: { mailboxId: string; onClose: () => void }) {
  const [asked, setAsked] = useState<"edit" | "delete" | null>(null);
  const mayWrite = useMay("write");
  const query = useQuery({
    queryKey: ["mailboxes", mailboxId],
    queryFn: () => call(api.GET("/mailboxes/{mailbox_id}", { params: { path: { mailbox_id: mailboxId } } })),
    refetchInterval: LIVE,
  });
  const mailbox = query.data;
  const back = () => setAsked(null);
  if (mailbox && asked === "edit") return <MailboxForm mailbox={mailbox} onClose={back} />;
  if (mailbox && asked === "delete")
    return <DeleteMailbox mailbox={mailbox} onClose={back} onDeleted={onClose} />;
  return (
    <Dialog
      open
      drawer
      onOpenChange={onClose}
      title={mailbox?.email ?? "Mailbox"}
      footer={
        mailbox &&
        mayWrite && (
          <>
            <Button look="danger" onClick={() => setAsked("delete")}>
              Delete
            </Button>
            <Button onClick={() => setAsked("edit")}>Edit</Button>
            <HoldButton mailbox={mailbox} />
          </>
        )
      }
    >
      <Loaded query={query}>{(data) => <Detail mailbox={data} mayCheck={mayWrite} />}</Loaded>
    </Dialog>
  );
}

function Detail({ mailbox, mayCheck }: { mailbox: MailboxDetail; mayCheck: boolean }) {
  const held = whyHeld(mailbox);
  return (
    <>
      <dl className={styles.facts}>
        <div>
          <dt>Status</dt>
          <dd>
            <StatusBadge status={mailbox.status} />
            {held && (
              <>
                {" "}
                {held}, since <Time at={mailbox.held_at} />
              </>
            )}
          </dd>
        </div>
        <Fact name="Sends as" value={mailbox.name || mailbox.email} />
        <Fact name="Sent today" value={sentTodayText(mailbox)} />
        <Fact name="Caps" value={capsText(mailbox)} />
        <Fact name="Ramp" value={rampText(mailbox)} />
        <Fact name="Between two emails" value={gapText(mailbox)} />
        <Fact name="Works" value={hoursText(mailbox)} />
        <Fact name="Time zone" value={mailbox.timezone || "the sequence’s"} />
        <Fact name="Weight" value={mailbox.weight === 0 ? "0, takes no new leads" : count(mailbox.weight)} />
        <Fact name="SMTP" value={serverText(mailbox.smtp) ?? "the installation’s server"} />
        <Fact name="IMAP" value={serverText(mailbox.imap) ?? "nobody watches the inbox"} />
      </dl>
      {mayCheck && <CheckMailbox mailboxId={mailbox.id} />}
      {mailbox.inbox && (
        <Section title="Inbox">
          <Inbox inbox={mailbox.inbox} />
        </Section>
      )}
    </>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function serverText(server: MailboxDetail["smtp"]): string | undefined {
  if (server === null) return undefined;
  const security = { starttls: "STARTTLS", tls: "TLS", none: "no TLS" }[server.security];
  return [
    `${server.host}:${server.port}`,
    security,
    server.username && `as ${server.username}`,
    server.has_password && "with a password",
  ]
    .filter(Boolean)
    .join(", ");
}
