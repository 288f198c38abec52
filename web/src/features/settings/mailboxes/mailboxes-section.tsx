import { getRouteApi } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import { api, call } from "@/api/client";
import { usePages } from "@/api/pages";
import type { MailboxResponse } from "@/api/schema";
import { useMay } from "@/api/scopes";
import { StatusBadge } from "@/ui/data/badge";
import { Listing } from "@/ui/data/listing";
import { Heads, Table } from "@/ui/data/table";
import { Button } from "@/ui/inputs/button";
import { Section } from "@/ui/page/page";
import { Empty } from "@/ui/page/states";
import styles from "../settings.module.css";
import { MailboxDrawer } from "./mailbox-drawer";
import { MailboxForm } from "./mailbox-form";
import { capsText, whyHeld } from "./mailbox-words";

const route = getRouteApi("/app/settings/$section");

export default function MailboxesSection() {
  const { open } = route.useSearch();
  const navigate = route.useNavigate();
  const mayWrite = useMay("write");
  const [creating, setCreating] = useState(false);
  const pages = usePages(["mailboxes"], (cursor) =>
    call(api.GET("/mailboxes", { params: { query: { limit: 50, cursor } } })),
  );
  const look = (id: string | null) => navigate({ search: id === null ? {} : { open: id } });
  const create = mayWrite && (
    <Button look="primary" onClick={() => setCreating(true)}>
      <Plus />
      New mailbox
    </Button>
  );
  return (
    <Section title="Mailboxes" actions={create}>
      <p className={styles.lead}>
        The addresses that sequences send from. A lead gets all emails of an enrollment from one mailbox.
      </p>
      <Listing
        pages={pages}
        empty={
          <Empty title="No mailboxes yet" action={create}>
            Nothing can be sent without one. Add the address that should write to your leads.
          </Empty>
        }
      >
        {(mailboxes) => <Mailboxes mailboxes={mailboxes} onOpen={look} />}
      </Listing>
      {creating && <MailboxForm onClose={() => setCreating(false)} />}
      {open && <MailboxDrawer mailboxId={open} onClose={() => look(null)} />}
    </Section>
  );
}

function Mailboxes({
  mailboxes,
  onOpen,
}: {
  mailboxes: readonly MailboxResponse[];
  onOpen: (id: string) => void;
}) {
  return (
    <Table label="Mailboxes" stack>
      <Heads names={["Mailbox", "Status", "Caps", "Sends through", "Inbox"]} actions />
      <tbody>
        {mailboxes.map((mailbox) => (
          <tr key={mailbox.id}>
            <td>
              <div className={styles.two}>
                <strong>{mailbox.email}</strong>
                {mailbox.name && <small>{mailbox.name}</small>}
              </div>
            </td>
            <td>
              <div className={styles.two}>
                <span>
                  <StatusBadge status={mailbox.status} />
                </span>
                {mailbox.status === "held" && <small>{whyHeld(mailbox)}</small>}
              </div>
            </td>
            <td className={styles.nowrap}>{capsText(mailbox)}</td>
            <td>{mailbox.smtp?.host ?? <span className="muted">the installation’s server</span>}</td>
            <td className={styles.nowrap}>
              {mailbox.imap ? "watched" : <span className="muted">not watched</span>}
            </td>
            <td>
              <div className={styles.actions}>
                <Button size="sm" aria-label={`Open ${mailbox.email}`} onClick={() => onOpen(mailbox.id)}>
                  Open
                </Button>
              </div>
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
