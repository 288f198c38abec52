import { Link } from "@tanstack/react-router";
import { api, call } from "@/api/client";
import { usePages } from "@/api/pages";
import { Listing } from "@/ui/data/listing";
import { Section } from "@/ui/page/page";
import { Empty } from "@/ui/page/states";
import styles from "../settings.module.css";
import { DomainCard } from "./domain-card";

export default function DomainsSection() {
  const pages = usePages(["sender-domains"], (cursor) =>
    call(api.GET("/sender-domains", { params: { query: { limit: 50, cursor } } })),
  );
  return (
    <Section title="Sender domains">
      <p className={styles.lead}>
        The domains of your mailboxes, and whether receivers can verify their mail: SPF, DKIM, DMARC and MX as
        DNS has them.
      </p>
      <Listing
        pages={pages}
        empty={
          <Empty
            title="No domains yet"
            action={
              <Link to="/app/settings/$section" params={{ section: "mailboxes" }}>
                To the mailboxes
              </Link>
            }
          >
            A domain appears here when a mailbox uses it.
          </Empty>
        }
      >
        {(domains) => (
          <>
            {domains.map((domain) => (
              <DomainCard key={domain.domain} domain={domain} />
            ))}
          </>
        )}
      </Listing>
    </Section>
  );
}
