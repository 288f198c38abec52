import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { toast } from "sonner";
import { api, call } from "@/api/client";
import type { WebhookEndpointResponse } from "@/api/schema";
import { Badge } from "@/ui/data/badge";
import { Time } from "@/ui/data/time";
import { Button } from "@/ui/inputs/button";
import { Confirm, Dialog } from "@/ui/overlays/dialog";
import { Section } from "@/ui/page/page";
import styles from "../settings.module.css";
import { Deliveries } from "./deliveries";
import { EndpointForm } from "./endpoint-form";
import { EndpointStatus } from "./endpoint-status";
import { SecretOnce } from "./secret-once";
import { TestEndpoint } from "./test-endpoint";

type Asked = "edit" | "rotate" | "delete" | null;

/** One endpoint: its events, a test, its deliveries and its actions. */
export function EndpointDrawer({
  endpoint,
  onClose,
}: {
  endpoint: WebhookEndpointResponse;
  onClose: () => void;
}) {
  const [asked, setAsked] = useState<Asked>(null);
  if (asked === "edit") return <EndpointForm endpoint={endpoint} onClose={() => setAsked(null)} />;
  if (asked === "rotate") return <RotateSecret endpoint={endpoint} onClose={() => setAsked(null)} />;
  if (asked === "delete")
    return <DeleteEndpoint endpoint={endpoint} onClose={() => setAsked(null)} onDeleted={onClose} />;
  return (
    <Dialog
      open
      drawer
      wide
      onOpenChange={onClose}
      title={endpoint.url}
      footer={
        <>
          <Button look="danger" onClick={() => setAsked("delete")}>
            Delete
          </Button>
          <Button onClick={() => setAsked("rotate")}>Rotate secret</Button>
          <Button onClick={() => setAsked("edit")}>Edit</Button>
          <Toggle endpoint={endpoint} />
        </>
      }
    >
      <dl className={styles.facts}>
        <div>
          <dt>State</dt>
          <dd>
            <EndpointStatus endpoint={endpoint} />
          </dd>
        </div>
        <div>
          <dt>Events</dt>
          <dd className={styles.badges}>
            {endpoint.event_types.map((type) => (
              <Badge key={type}>{type}</Badge>
            ))}
          </dd>
        </div>
        <div>
          <dt>Last success</dt>
          <dd>
            <Time at={endpoint.last_success_at} />
          </dd>
        </div>
      </dl>
      <TestEndpoint endpointId={endpoint.id} />
      <Section title="Deliveries">
        <Deliveries endpointId={endpoint.id} />
      </Section>
    </Dialog>
  );
}

function Toggle({ endpoint }: { endpoint: WebhookEndpointResponse }) {
  const client = useQueryClient();
  const enabled = !endpoint.enabled;
  const toggling = useMutation({
    mutationFn: () =>
      call(
        api.PATCH("/webhook-endpoints/{endpoint_id}", {
          params: { path: { endpoint_id: endpoint.id } },
          body: { enabled },
        }),
      ),
    onSettled: () => client.invalidateQueries({ queryKey: ["webhook-endpoints"] }),
  });
  return (
    <Button
      look={enabled ? "primary" : "secondary"}
      busy={toggling.isPending}
      onClick={() => toggling.mutate()}
    >
      {enabled ? "Enable" : "Disable"}
    </Button>
  );
}

function RotateSecret({ endpoint, onClose }: { endpoint: WebhookEndpointResponse; onClose: () => void }) {
  const rotating = useMutation({
    mutationFn: () =>
      call(
        api.POST("/webhook-endpoints/{endpoint_id}/rotate-secret", {
          params: { path: { endpoint_id: endpoint.id } },
        }),
      ),
  });
  if (rotating.data) return <SecretOnce secret={rotating.data.secret} onClose={onClose} />;
  return (
    <Confirm
      open
      onOpenChange={onClose}
      title="Rotate the signing secret?"
      description="From now on everything is signed with the new secret, retries too: give it to the receiver."
      confirm="Rotate secret"
      busy={rotating.isPending}
      onConfirm={() => rotating.mutate()}
    />
  );
}

function DeleteEndpoint({
  endpoint,
  onClose,
  onDeleted,
}: {
  endpoint: WebhookEndpointResponse;
  onClose: () => void;
  onDeleted: () => void;
}) {
  const client = useQueryClient();
  const deleting = useMutation({
    mutationFn: () =>
      call(
        api.DELETE("/webhook-endpoints/{endpoint_id}", { params: { path: { endpoint_id: endpoint.id } } }),
      ),
    onSuccess: () => {
      toast.success("The endpoint was deleted");
      onDeleted();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["webhook-endpoints"] }),
  });
  return (
    <Confirm
      open
      onOpenChange={onClose}
      title="Delete this endpoint?"
      description={`${endpoint.url} gets no more events, not even those that wait for delivery.`}
      confirm="Delete endpoint"
      busy={deleting.isPending}
      onConfirm={() => deleting.mutate()}
    />
  );
}
