import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";
import type { OutboxItem } from "@/api/schema";
import { sessionQuery } from "@/api/session-query";
import { leadOfAddressQuery } from "@/features/leads/queries";
import { Timeline } from "@/features/leads/timeline/timeline";
import { Page } from "@/ui/page/page";
import { Empty, Loaded, Loading } from "@/ui/page/states";
import { Clock } from "./clock-card";
import styles from "./dev-page.module.css";
import { Mail } from "./mail/mail";
import { MailList } from "./mail/mail-list";
import { outboxQuery } from "./mail/outbox";

const route = getRouteApi("/app/dev");

export function DevPage() {
  const session = useQuery(sessionQuery);
  if (session.data && !session.data.dev) {
    return (
      <Page title="Dev tools">
        <Empty title="Only in development">
          The outbox and the clock are available when the server runs as <code>cadenza up --dev</code>.
        </Empty>
      </Page>
    );
  }
  return <Loaded query={session}>{() => <DevTools />}</Loaded>;
}

function DevTools() {
  const { to, mail: mailId } = route.useSearch();
  const navigate = route.useNavigate();
  const outbox = useInfiniteQuery(outboxQuery(to));
  const items = useMemo(() => outbox.data?.pages.flatMap((page) => page.items), [outbox.data]);
  const mail = useOpened(items, mailId);
  const address = mail?.to[0] ?? to;
  const open = (id: string | undefined) =>
    navigate({
      search: { ...(to ? { to } : {}), ...(id ? { mail: id } : {}) },
      replace: mailId !== undefined,
    });
  const filter = (next: string) => navigate({ search: next ? { to: next } : {}, replace: true });
  return (
    <Page full title="Dev tools">
      <div className={styles.rooms} data-open={mailId !== undefined}>
        <MailList query={outbox} items={items} to={to} chosen={mailId} onFilter={filter} onOpen={open} />
        <section className={styles.mail} aria-label="Mail">
          {mail && <Mail key={mail.id} mail={mail} onBack={() => open(undefined)} />}
          {!mail && mailId && items && (
            <Empty title="This mail is not on the list">It is further back, or to another address.</Empty>
          )}
          {!mailId && (
            <Empty title="Choose an email">
              It is shown here as the lead would see it. Looking at it here does not count as an open.
            </Empty>
          )}
        </section>
        <aside className={styles.side} aria-label="Clock and lead">
          <SideOf address={address} newest={items?.[0]?.id} items={items ?? []} />
        </aside>
      </div>
    </Page>
  );
}

function SideOf({
  address,
  newest,
  items,
}: {
  address: string | undefined;
  newest: string | undefined;
  items: readonly OutboxItem[];
}) {
  const lead = useQuery({ ...leadOfAddressQuery(address ?? ""), enabled: address !== undefined });
  const there = address === undefined ? null : (lead.data ?? null);
  return (
    <>
      <Clock lead={there} newest={newest} items={items} />
      <section className={styles.story}>
        <h2>Timeline</h2>
        {there && (
          <>
            <p>
              <Link to="/app/leads/$leadId" params={{ leadId: there.id }}>
                {there.name || there.email}
              </Link>
            </p>
            <Timeline leadId={there.id} />
          </>
        )}
        {!there && address && lead.isPending && <Loading rows={3} />}
        {!there && address && lead.data === null && (
          <p className="muted">No lead has the address {address}.</p>
        )}
        {!address && (
          <p className="muted">
            Choose an email, or type a lead's address above the list, to see the lead's timeline here while
            the clock moves.
          </p>
        )}
      </section>
    </>
  );
}

/** The open mail. It stays open when newer mail moves it off the loaded pages. */
function useOpened(items: readonly OutboxItem[] | undefined, id: string | undefined): OutboxItem | undefined {
  const listed = items?.find((item) => item.id === id);
  const [kept, setKept] = useState<OutboxItem>();
  useEffect(() => {
    if (listed) setKept(listed);
  }, [listed]);
  return listed ?? (kept?.id === id ? kept : undefined);
}
