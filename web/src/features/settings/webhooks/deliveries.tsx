import { api, call } from "@/api/client";
import { usePages } from "@/api/pages";
import type { WebhookDeliveryResponse } from "@/api/schema";
import { plural } from "@/lib/format";
import { Badge, type Tone } from "@/ui/data/badge";
import { More } from "@/ui/data/more";
import { Table } from "@/ui/data/table";
import { Time } from "@/ui/data/time";
import { Loaded } from "@/ui/page/states";
import styles from "../settings.module.css";
import webhook from "./webhooks.module.css";

const TONES: Record<WebhookDeliveryResponse["status"], Tone> = {
  pending: "amber",
  delivered: "green",
  failed: "red",
};

export function Deliveries({ endpointId }: { endpointId: string }) {
  const pages = usePages(["webhook-endpoints", endpointId, "deliveries"], (cursor) =>
    call(
      api.GET("/webhook-endpoints/{endpoint_id}/deliveries", {
        params: { path: { endpoint_id: endpointId }, query: { limit: 25, cursor } },
      }),
    ),
  );
  return (
    <Loaded query={pages}>
      {(deliveries) =>
        deliveries.length === 0 ? (
          <p className="muted">Nothing was delivered yet.</p>
        ) : (
          <>
            <Table label="Deliveries" stack>
              <thead>
                <tr>
                  <th scope="col">Event</th>
                  <th scope="col">Status</th>
                  <th scope="col">When</th>
                  <th scope="col">Last answer</th>
                </tr>
              </thead>
              <tbody>
                {deliveries.map((one) => (
                  <Delivery key={one.id} one={one} />
                ))}
              </tbody>
            </Table>
            <More pages={pages} />
          </>
        )
      }
    </Loaded>
  );
}

function Delivery({ one }: { one: WebhookDeliveryResponse }) {
  return (
    <tr>
      <td>
        <details className={webhook.payload}>
          <summary>{one.event_type}</summary>
          <pre>{JSON.stringify(one.payload, null, 2)}</pre>
        </details>
      </td>
      <td>
        <div className={styles.two}>
          <span>
            <Badge tone={TONES[one.status]}>{one.status}</Badge>
          </span>
          <small>
            {plural(one.attempts, "attempt")}
            {one.status === "pending" && one.next_attempt_at && (
              <>
                , next <Time at={one.next_attempt_at} />
              </>
            )}
          </small>
        </div>
      </td>
      <td>
        <Time at={one.delivered_at ?? one.created_at} />
      </td>
      <td className={webhook.answer}>
        {one.last_error ?? one.last_status_code ?? <span className="muted">–</span>}
      </td>
    </tr>
  );
}
