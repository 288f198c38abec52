import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, call, once } from "@/api/client";
import type { MailboxResponse } from "@/api/schema";
import { TextField } from "@/ui/inputs/field";
import { Fieldset, FormDialog, Row, useFormProblem } from "@/ui/overlays/form-dialog";
import { HoursFields } from "./hours-fields";
import { mailboxBody, mailboxValues } from "./mailbox-values";
import { RampFields } from "./ramp-fields";
import { ServerFields } from "./server-fields";

const SHOWN = [
  "email",
  "name",
  "timezone",
  "weight",
  "daily_cap",
  "hourly_cap",
  "min_gap_seconds",
  "gap_jitter_seconds",
  "ramp.start",
  "ramp.increase",
  "ramp.started_on",
  "working_hours.days",
  "working_hours.start",
  "working_hours.end",
  ...["smtp", "imap"].flatMap((server) =>
    ["host", "port", "security", "username", "password"].map((field) => `${server}.${field}`),
  ),
  "imap.folders",
];

export function MailboxForm({ mailbox, onClose }: { mailbox?: MailboxResponse; onClose: () => void }) {
  const client = useQueryClient();
  const [values, setValues] = useState(() => mailboxValues(mailbox, new Date().toISOString().slice(0, 10)));
  const [intention] = useState(once);
  const saving = useMutation({
    mutationFn: () => {
      const body = mailboxBody(values);
      return call<MailboxResponse>(
        mailbox
          ? api.PATCH("/mailboxes/{mailbox_id}", { params: { path: { mailbox_id: mailbox.id } }, body })
          : api.POST("/mailboxes", { params: { header: intention }, body: { ...body, status: "active" } }),
      );
    },
    onSuccess: onClose,
    onSettled: () => client.invalidateQueries({ queryKey: ["mailboxes"] }),
    meta: { quiet: true },
  });
  const problem = useFormProblem(saving.error, SHOWN);
  const change = (part: Partial<typeof values>) => setValues({ ...values, ...part });
  const field = (name: "email" | "name" | "timezone") => ({
    value: values[name],
    error: problem.of(name),
    onChange: (event: { target: { value: string } }) => change({ [name]: event.target.value }),
  });
  const figure = (
    name: "weight" | "daily_cap" | "hourly_cap" | "min_gap_seconds" | "gap_jitter_seconds",
  ) => ({
    type: "number",
    inputMode: "numeric" as const,
    value: values[name],
    error: problem.of(name),
    onChange: (event: { target: { value: string } }) => change({ [name]: event.target.value }),
  });
  return (
    <FormDialog
      drawer
      onClose={onClose}
      title={mailbox ? `Edit ${mailbox.email}` : "New mailbox"}
      submit={mailbox ? "Save" : "Create mailbox"}
      busy={saving.isPending}
      problem={problem}
      onSubmit={() => saving.mutate()}
    >
      <Row>
        <TextField label="Email" type="email" placeholder="sam@acme.example" {...field("email")} />
        <TextField label="Name of the sender" placeholder="Sam from Acme" {...field("name")} />
      </Row>
      <Row>
        <TextField
          label="Time zone"
          placeholder="Europe/Berlin"
          hint="Empty: the sequence’s."
          list="time-zones"
          {...field("timezone")}
        />
        <TextField label="Weight" hint="Its share of new leads; 0 takes none." {...figure("weight")} />
      </Row>
      <TimeZones />
      <Fieldset legend="Limits">
        <Row>
          <TextField label="Emails a day" placeholder="no cap" {...figure("daily_cap")} />
          <TextField label="Emails in any hour" placeholder="no cap" {...figure("hourly_cap")} />
        </Row>
        <Row>
          <TextField label="Seconds between two" {...figure("min_gap_seconds")} />
          <TextField label="Plus a random part of up to" {...figure("gap_jitter_seconds")} />
        </Row>
        <RampFields values={values.ramp} problem={problem} onChange={(ramp) => change({ ramp })} />
        <HoursFields
          values={values.working_hours}
          problem={problem}
          onChange={(working_hours) => change({ working_hours })}
        />
      </Fieldset>
      <ServerFields
        legend="Sending (SMTP)"
        name="smtp"
        toggle="A server of its own"
        hint="Without one, the server of the installation is used."
        values={values.smtp}
        problem={problem}
        onChange={(smtp) => change({ smtp })}
      />
      <ServerFields
        legend="Receiving (IMAP)"
        name="imap"
        toggle="Watch the inbox"
        hint="Replies, bounces and auto-replies are recorded automatically."
        values={values.imap}
        problem={problem}
        onChange={(imap) => change({ imap })}
      />
    </FormDialog>
  );
}

function TimeZones() {
  return (
    <datalist id="time-zones">
      {Intl.supportedValuesOf("timeZone").map((zone) => (
        <option key={zone} value={zone} />
      ))}
    </datalist>
  );
}
