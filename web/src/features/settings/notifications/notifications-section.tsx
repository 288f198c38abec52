import { useMutation, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { api, call } from "@/api/client";
import { usePages } from "@/api/pages";
import type { NotificationResponse } from "@/api/schema";
import { useMay } from "@/api/scopes";
import { words } from "@/lib/format";
import { Badge } from "@/ui/data/badge";
import { Listing } from "@/ui/data/listing";
import { Time } from "@/ui/data/time";
import { Button } from "@/ui/inputs/button";
import { Segmented } from "@/ui/inputs/segmented";
import { Section } from "@/ui/page/page";
import { Empty } from "@/ui/page/states";
import styles from "./notifications.module.css";

const route = getRouteApi("/app/settings/$section");

export default function NotificationsSection() {
  const { show } = route.useSearch();
  const navigate = route.useNavigate();
  const pages = usePages(["notifications", { show }], (cursor) =>
    call(
      api.GET("/notifications", {
        params: { query: { unread: show === "unread" ? true : null, limit: 50, cursor } },
      }),
    ),
  );
  return (
    <Section
      title="Notifications"
      actions={
        <Segmented
          label="Shown"
          value={show ?? "all"}
          onChange={(value) => navigate({ search: value === "unread" ? { show: value } : {}, replace: true })}
          options={[
            { value: "all", label: "All" },
            { value: "unread", label: "Unread" },
          ]}
        />
      }
    >
      <Listing
        pages={pages}
        empty={
          <Empty title={show === "unread" ? "Everything is read" : "No notifications"}>
            Notifications of steps, of held mailboxes and of disabled webhooks appear here.
          </Empty>
        }
      >
        {(list) => (
          <ul className={styles.list}>
            {list.map((one) => (
              <Notification key={one.id} one={one} />
            ))}
          </ul>
        )}
      </Listing>
    </Section>
  );
}

function Notification({ one }: { one: NotificationResponse }) {
  const client = useQueryClient();
  const mayWrite = useMay("write");
  const reading = useMutation({
    mutationFn: () =>
      call(
        api.POST("/notifications/{notification_id}/read", { params: { path: { notification_id: one.id } } }),
      ),
    onSettled: () => client.invalidateQueries({ queryKey: ["notifications"] }),
  });
  const unread = one.read_at === null;
  return (
    <li className={styles.one} data-unread={unread}>
      <div className={styles.text}>
        <p>
          {unread && <span className="visually-hidden">Unread: </span>}
          {one.message}
        </p>
        <p className={styles.about}>
          <Badge>{words(one.kind)}</Badge>
          <Time at={one.created_at} />
          {one.lead_id && (
            <Link to="/app/leads/$leadId" params={{ leadId: one.lead_id }}>
              To the lead
            </Link>
          )}
        </p>
      </div>
      {unread && mayWrite && (
        <Button size="sm" busy={reading.isPending} onClick={() => reading.mutate()}>
          Mark read
        </Button>
      )}
    </li>
  );
}
