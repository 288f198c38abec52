import type { WebhookEndpointResponse } from "@/api/schema";
import { Badge } from "@/ui/data/badge";

/** Whether the endpoint is enabled, and why not. */
export function EndpointStatus({ endpoint }: { endpoint: WebhookEndpointResponse }) {
  if (endpoint.enabled) return <Badge tone="green">Enabled</Badge>;
  const why = { failing: "Disabled: no delivery succeeded for a day", gone: "Disabled: answered 410" };
  return endpoint.disabled_reason ? (
    <Badge tone="red">{why[endpoint.disabled_reason]}</Badge>
  ) : (
    <Badge>Disabled</Badge>
  );
}
