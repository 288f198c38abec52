import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { toast } from "sonner";
import { api, call } from "@/api/client";
import type { TenantResponse } from "@/api/schema";
import { Copyable } from "@/ui/data/copyable";
import { Button } from "@/ui/inputs/button";
import { TextArea, TextField } from "@/ui/inputs/field";
import { Fieldset, Form, Row, useFormProblem } from "@/ui/overlays/form-dialog";
import { Card, Section } from "@/ui/page/page";
import { Loaded } from "@/ui/page/states";
import styles from "../settings.module.css";
import {
  BREAKERS,
  isShare,
  LIMITS,
  type OrganisationValues,
  updateOf,
  valuesOf,
} from "./organisation-values";

export default function OrganisationSection() {
  const tenants = useQuery({ queryKey: ["tenants"], queryFn: () => call(api.GET("/tenants")) });
  return (
    <Section title="Organisation">
      <Loaded query={tenants}>
        {({ items }) => items.map((tenant) => <Organisation key={tenant.id} tenant={tenant} />)}
      </Loaded>
    </Section>
  );
}

const SHOWN = [
  "name",
  "postal_address",
  ...Object.keys(LIMITS).map((name) => `settings.${name}`),
  ...Object.keys(BREAKERS).map((name) => `settings.breakers.${name}`),
];

function Organisation({ tenant }: { tenant: TenantResponse }) {
  const client = useQueryClient();
  const [values, setValues] = useState<OrganisationValues>(() => valuesOf(tenant));
  const saving = useMutation({
    mutationFn: () =>
      call(
        api.PATCH("/tenants/{tenant_id}", {
          params: { path: { tenant_id: tenant.id } },
          body: updateOf(values),
        }),
      ),
    onSuccess: (saved) => {
      setValues(valuesOf(saved));
      toast.success("Saved");
      client.invalidateQueries({ queryKey: ["session"] });
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["tenants"] }),
    meta: { quiet: true },
  });
  const problem = useFormProblem(saving.error, SHOWN);
  const changed = JSON.stringify(values) !== JSON.stringify(valuesOf(tenant));
  const change = (part: Partial<OrganisationValues>) => setValues({ ...values, ...part });
  const limit = (name: keyof typeof LIMITS) => (
    <TextField
      label={LIMITS[name]}
      placeholder={name === "max_emails_days" ? undefined : "no limit"}
      type="number"
      inputMode="numeric"
      value={values.limits[name]}
      error={problem.of(`settings.${name}`)}
      onChange={(event) => change({ limits: { ...values.limits, [name]: event.target.value } })}
    />
  );
  const breaker = (name: keyof typeof BREAKERS) => (
    <TextField
      label={BREAKERS[name]}
      type="number"
      step={isShare(name) ? "any" : 1}
      inputMode={isShare(name) ? "decimal" : "numeric"}
      value={values.breakers[name]}
      error={problem.of(`settings.breakers.${name}`)}
      onChange={(event) => change({ breakers: { ...values.breakers, [name]: event.target.value } })}
    />
  );
  return (
    <>
      <Card>
        <Form problem={problem} onSubmit={() => saving.mutate()}>
          <TextField
            label="Name"
            value={values.name}
            error={problem.of("name")}
            onChange={(event) => change({ name: event.target.value })}
          />
          <TextArea
            label="Postal address"
            hint="In the footer of every email, as the law requires. Without it no sequence with emails can be activated."
            rows={3}
            value={values.postal_address}
            error={problem.of("postal_address")}
            onChange={(event) => change({ postal_address: event.target.value })}
          />
          <Fieldset legend="Limits for each lead">
            <p className="muted">No lead is enrolled beyond them. Empty means no limit.</p>
            <Row>
              {limit("max_live_enrollments")}
              {limit("max_emails")}
              {limit("max_emails_days")}
            </Row>
          </Fieldset>
          <Fieldset legend="Circuit breakers">
            <p className="muted">When a mailbox is held until somebody releases it. Empty means never.</p>
            <Row>
              {breaker("auth_failures")}
              {breaker("refusals")}
            </Row>
            <Row>
              {breaker("bounce_rate")}
              {breaker("bounce_window")}
              {breaker("bounce_least")}
            </Row>
            <Row>
              {breaker("complaint_rate")}
              {breaker("complaint_window")}
              {breaker("complaint_least")}
            </Row>
          </Fieldset>
          <div className={styles.actions}>
            <Button disabled={!changed} onClick={() => setValues(valuesOf(tenant))}>
              Discard
            </Button>
            <Button look="primary" type="submit" disabled={!changed} busy={saving.isPending}>
              Save
            </Button>
          </div>
        </Form>
      </Card>
      <Card className={styles.secret}>
        <h3>Webhook actions</h3>
        <p className="muted">Signs the requests of webhook actions (Standard Webhooks).</p>
        <Copyable label="Signing secret" value={tenant.webhook_secret} />
      </Card>
    </>
  );
}
