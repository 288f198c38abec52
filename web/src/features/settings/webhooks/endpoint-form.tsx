import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, call } from "@/api/client";
import type { WebhookEndpointResponse } from "@/api/schema";
import { CheckField, TextField } from "@/ui/inputs/field";
import { Fieldset, FormDialog, useFormProblem } from "@/ui/overlays/form-dialog";
import { EVENT_GROUPS, type EventType } from "./event-types";
import { SecretOnce } from "./secret-once";
import styles from "./webhooks.module.css";

const SHOWN = ["url", "description", "event_types"];

export function EndpointForm({
  endpoint,
  onClose,
}: {
  endpoint?: WebhookEndpointResponse;
  onClose: () => void;
}) {
  const client = useQueryClient();
  const [url, setUrl] = useState(endpoint?.url ?? "");
  const [description, setDescription] = useState(endpoint?.description ?? "");
  const [types, setTypes] = useState<readonly EventType[]>(endpoint?.event_types ?? []);
  const values = { url, description, event_types: [...types] };
  const saving = useMutation({
    mutationFn: async (): Promise<{ secret: string | null }> => {
      if (endpoint === undefined)
        return call(api.POST("/webhook-endpoints", { body: { ...values, enabled: true } }));
      const path = { endpoint_id: endpoint.id };
      await call(api.PATCH("/webhook-endpoints/{endpoint_id}", { params: { path }, body: values }));
      return { secret: null };
    },
    onSuccess: ({ secret }) => secret === null && onClose(),
    onSettled: () => client.invalidateQueries({ queryKey: ["webhook-endpoints"] }),
    meta: { quiet: true },
  });
  const problem = useFormProblem(saving.error, SHOWN);
  if (saving.data?.secret) return <SecretOnce secret={saving.data.secret} onClose={onClose} />;
  function toggle(type: EventType, on: boolean) {
    setTypes(on ? [...types, type] : types.filter((one) => one !== type));
  }
  return (
    <FormDialog
      onClose={onClose}
      title={endpoint ? "Edit endpoint" : "New webhook endpoint"}
      submit={endpoint ? "Save" : "Create endpoint"}
      busy={saving.isPending}
      problem={problem}
      onSubmit={() => saving.mutate()}
    >
      <TextField
        label="URL"
        type="url"
        placeholder="https://crm.example.com/hooks"
        hint="https, at a public address."
        value={url}
        error={problem.of("url")}
        onChange={(event) => setUrl(event.target.value)}
      />
      <TextField
        label="Description"
        value={description}
        error={problem.of("description")}
        onChange={(event) => setDescription(event.target.value)}
      />
      <Fieldset legend="Events" error={problem.of("event_types")}>
        {Object.entries(EVENT_GROUPS).map(([group, events]) => (
          <fieldset key={group} className={styles.group}>
            <legend>{group}</legend>
            <div className={styles.checks}>
              {Object.entries(events).map(([type, name]) => (
                <CheckField
                  key={type}
                  label={name}
                  checked={types.includes(type as EventType)}
                  onChange={(event) => toggle(type as EventType, event.target.checked)}
                />
              ))}
            </div>
          </fieldset>
        ))}
      </Fieldset>
    </FormDialog>
  );
}
