import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, call } from "@/api/client";
import type { ApiKeyCreate } from "@/api/schema";
import { Copyable } from "@/ui/data/copyable";
import { Button } from "@/ui/inputs/button";
import { CheckField, TextField } from "@/ui/inputs/field";
import { Dialog } from "@/ui/overlays/dialog";
import { Fieldset, FormDialog, useFormProblem } from "@/ui/overlays/form-dialog";

type Scope = ApiKeyCreate["scopes"][number];

const SHOWN = ["name", "scopes"];
const SCOPES: readonly [Scope, string, string][] = [
  ["read", "Read", "Sees sequences, leads, mailboxes and analytics."],
  ["write", "Write", "Creates and changes them; enrolls, pauses and stops leads."],
  ["admin", "Admin", "Users, API keys, webhooks, suppressions and the organisation."],
];

export function CreateKey({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<readonly Scope[]>(["read", "write"]);
  const creating = useMutation({
    mutationFn: () => call(api.POST("/api-keys", { body: { name, scopes: [...scopes] } })),
    onSettled: () => client.invalidateQueries({ queryKey: ["api-keys"] }),
    meta: { quiet: true },
  });
  const problem = useFormProblem(creating.error, SHOWN);
  if (creating.data) {
    return (
      <Dialog
        open
        onOpenChange={onClose}
        title="Copy the key now"
        description="It is shown only now and stored nowhere. It gives access to all that its scopes allow."
        footer={
          <Button look="primary" onClick={onClose}>
            I have copied it
          </Button>
        }
      >
        <Copyable label={`API key “${creating.data.name}”`} value={creating.data.key} />
      </Dialog>
    );
  }
  function toggle(scope: Scope, on: boolean) {
    setScopes(on ? [...scopes, scope] : scopes.filter((one) => one !== scope));
  }
  return (
    <FormDialog
      onClose={onClose}
      title="New API key"
      submit="Create key"
      busy={creating.isPending}
      problem={problem}
      onSubmit={() => creating.mutate()}
    >
      <TextField
        label="Name"
        hint="What it is for, such as “CRM import”."
        value={name}
        error={problem.of("name")}
        onChange={(event) => setName(event.target.value)}
      />
      <Fieldset legend="Scopes" error={problem.of("scopes")}>
        {SCOPES.map(([scope, label, hint]) => (
          <CheckField
            key={scope}
            label={label}
            hint={hint}
            checked={scopes.includes(scope)}
            onChange={(event) => toggle(scope, event.target.checked)}
          />
        ))}
      </Fieldset>
    </FormDialog>
  );
}
