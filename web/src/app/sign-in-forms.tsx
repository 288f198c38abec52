import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, call } from "@/api/client";
import { ApiProblem } from "@/api/problem";
import { begin } from "@/api/session-query";
import { Button } from "@/ui/inputs/button";
import { TextField } from "@/ui/inputs/field";
import { Fieldset, Form, useFormProblem } from "@/ui/overlays/form-dialog";

interface Choice {
  id: string;
  name: string;
}

const PASSWORD_FIELDS = ["email", "password"];
const KEY_FIELDS = ["api_key"];

export function PasswordForm() {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const trying = useMutation({
    mutationFn: (tenant: string | null) =>
      call(api.POST("/session", { body: { email, password, tenant_id: tenant } })),
    onSuccess: begin,
    meta: { quiet: true },
  });
  const choices = choicesOf(trying.error);
  const problem = useFormProblem(choices.length > 0 ? null : trying.error, PASSWORD_FIELDS);
  return (
    <Form problem={problem} onSubmit={() => trying.mutate(null)}>
      <TextField
        label="Email"
        type="email"
        autoComplete="username"
        value={email}
        error={problem.of("email")}
        onChange={(event) => setEmail(event.target.value)}
      />
      <TextField
        label="Password"
        type="password"
        autoComplete="current-password"
        value={password}
        error={problem.of("password")}
        hint="No password, or forgotten? An administrator can give you a link to set one."
        onChange={(event) => setPassword(event.target.value)}
      />
      <Button look="primary" type="submit" busy={trying.isPending}>
        Sign in
      </Button>
      {choices.length > 0 && (
        <Fieldset legend="Which organisation?">
          {choices.map((choice) => (
            <Button key={choice.id} onClick={() => trying.mutate(choice.id)}>
              {choice.name || choice.id}
            </Button>
          ))}
        </Fieldset>
      )}
    </Form>
  );
}

export function KeyForm() {
  const [key, setKey] = useState("");
  const trying = useMutation({
    mutationFn: () => call(api.POST("/session", { body: { api_key: key.trim() } })),
    onSuccess: begin,
    meta: { quiet: true },
  });
  const problem = useFormProblem(trying.error, KEY_FIELDS);
  return (
    <Form problem={problem} onSubmit={() => trying.mutate()}>
      <TextField
        label="API key"
        type="password"
        autoComplete="off"
        value={key}
        error={problem.of("api_key")}
        hint="“cadenza up” prints one. An administrator can create one in Settings, API keys."
        onChange={(event) => setKey(event.target.value)}
      />
      <Button look="primary" type="submit" busy={trying.isPending}>
        Sign in
      </Button>
    </Form>
  );
}

/** The organisations in which this address and password are valid, if there are several. */
function choicesOf(error: unknown): readonly Choice[] {
  if (!(error instanceof ApiProblem) || error.code !== "tenant_needed") return [];
  return (error.body as { tenants: Choice[] }).tenants;
}
