import { useMutation } from "@tanstack/react-query";
import { api, call } from "@/api/client";
import { count } from "@/lib/format";
import { Button } from "@/ui/inputs/button";
import styles from "../settings.module.css";
import webhook from "./webhooks.module.css";

/** Sends a `webhook.test` event now and shows the answer. */
export function TestEndpoint({ endpointId }: { endpointId: string }) {
  const testing = useMutation({
    mutationFn: () =>
      call(
        api.POST("/webhook-endpoints/{endpoint_id}/test", { params: { path: { endpoint_id: endpointId } } }),
      ),
  });
  const tried = testing.data;
  return (
    <div className={webhook.tried}>
      <Button busy={testing.isPending} onClick={() => testing.mutate()}>
        Send a test event
      </Button>
      <p role="status" className={tried ? (tried.delivered ? styles.good : styles.bad) : undefined}>
        {testing.isPending && "Waiting for the receiver…"}
        {tried?.delivered &&
          `Accepted: it answered ${tried.status_code} after ${count(tried.duration_ms)} ms.`}
        {tried && !tried.delivered && `Not accepted: ${tried.detail ?? tried.code ?? "no reason was given"}.`}
      </p>
    </div>
  );
}
