import { getRouteApi } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import { api, call } from "@/api/client";
import { usePages } from "@/api/pages";
import type { WebhookEndpointResponse } from "@/api/schema";
import { plural } from "@/lib/format";
import { Listing } from "@/ui/data/listing";
import { Heads, Table } from "@/ui/data/table";
import { Time } from "@/ui/data/time";
import { Button } from "@/ui/inputs/button";
import { Section } from "@/ui/page/page";
import { Empty } from "@/ui/page/states";
import styles from "../settings.module.css";
import { EndpointDrawer } from "./endpoint-drawer";
import { EndpointForm } from "./endpoint-form";
import { EndpointStatus } from "./endpoint-status";
import webhook from "./webhooks.module.css";

const route = getRouteApi("/app/settings/$section");

export default function WebhooksSection() {
  const { open } = route.useSearch();
  const navigate = route.useNavigate();
  const [creating, setCreating] = useState(false);
  const pages = usePages(["webhook-endpoints"], (cursor) =>
    call(api.GET("/webhook-endpoints", { params: { query: { limit: 50, cursor } } })),
  );
  const look = (id: string | null) => navigate({ search: id === null ? {} : { open: id } });
  const opened = pages.data?.find((endpoint) => endpoint.id === open);
  return (
    <Section
      title="Webhooks"
      actions={
        <Button look="primary" onClick={() => setCreating(true)}>
          <Plus />
          New endpoint
        </Button>
      }
    >
      <p className={styles.lead}>
        Addresses that get events, signed by Standard Webhooks. Failed deliveries are repeated for about a
        day.
      </p>
      <Listing
        pages={pages}
        empty={
          <Empty title="No endpoints yet">
            Add an endpoint, and your CRM gets replies, bounces and unsubscribes as they happen.
          </Empty>
        }
      >
        {(endpoints) => <Endpoints endpoints={endpoints} onOpen={look} />}
      </Listing>
      {creating && <EndpointForm onClose={() => setCreating(false)} />}
      {opened && <EndpointDrawer endpoint={opened} onClose={() => look(null)} />}
    </Section>
  );
}

function Endpoints({
  endpoints,
  onOpen,
}: {
  endpoints: readonly WebhookEndpointResponse[];
  onOpen: (id: string) => void;
}) {
  return (
    <Table label="Webhook endpoints" stack>
      <Heads names={["Endpoint", "State", "Events", "Last success"]} actions />
      <tbody>
        {endpoints.map((endpoint) => (
          <tr key={endpoint.id}>
            <td>
              <div className={styles.two}>
                <strong className={webhook.url}>{endpoint.url}</strong>
                {endpoint.description && <small>{endpoint.description}</small>}
              </div>
            </td>
            <td>
              <EndpointStatus endpoint={endpoint} />
            </td>
            <td>{plural(endpoint.event_types.length, "event")}</td>
            <td>
              {endpoint.last_success_at ? (
                <Time at={endpoint.last_success_at} />
              ) : (
                <span className="muted">never</span>
              )}
            </td>
            <td>
              <div className={styles.actions}>
                <Button size="sm" aria-label={`Open ${endpoint.url}`} onClick={() => onOpen(endpoint.id)}>
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
