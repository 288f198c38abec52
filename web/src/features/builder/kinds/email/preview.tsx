import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { api, call } from "@/api/client";
import type { LeadResponse, MessagePreviewResponse } from "@/api/schema";
import { asSentence } from "@/lib/sentence";
import { Combobox } from "@/ui/inputs/combobox";
import { Failed, Loading } from "@/ui/page/states";
import { Tabs } from "@/ui/page/tabs";
import { Group } from "../../fields/group";
import { leadsQuery } from "../../fields/queries";
import styles from "./email.module.css";

interface EmailPreviewProps {
  leadId: string | undefined;
  preview: UseQueryResult<MessagePreviewResponse>;
  onLead: (id: string) => void;
}

/** The message as one lead would read it, while it is being written. */
export function EmailPreview({ leadId, preview, onLead }: EmailPreviewProps) {
  return (
    <Group title="Preview">
      <LeadField value={leadId} onChange={onLead} />
      {leadId === undefined ? null : preview.data === undefined ? (
        preview.error ? (
          <Failed error={preview.error} retry={preview.refetch} />
        ) : (
          <Loading rows={4} label="Loading the preview" />
        )
      ) : (
        <Message message={preview.data} stale={preview.isPlaceholderData} />
      )}
    </Group>
  );
}

function LeadField({ value, onChange }: { value: string | undefined; onChange: (id: string) => void }) {
  const [search, setSearch] = useState("");
  const found = useQuery(leadsQuery(useDeferredValue(search)));
  const chosen = useQuery({
    queryKey: ["leads", "choice", "one", value],
    queryFn: () => call(api.GET("/leads/{lead_id}", { params: { path: { lead_id: value ?? "" } } })),
    enabled: value !== undefined,
    staleTime: 60_000,
  });
  const leads = found.data ?? [];
  return (
    <Combobox
      label="As this lead would read it"
      options={leads.map((lead) => ({
        value: lead.id,
        label: nameOf(lead),
        ...(lead.name ? { note: lead.email } : {}),
      }))}
      value={value ?? ""}
      valueLabel={chosen.data ? nameOf(chosen.data) : ""}
      placeholder={found.isSuccess && leads.length === 0 ? "There are no leads yet" : "Search leads"}
      onSearch={setSearch}
      onChange={onChange}
    />
  );
}

function nameOf(lead: LeadResponse): string {
  return lead.name || lead.email;
}

function Message({ message, stale }: { message: MessagePreviewResponse; stale: boolean }) {
  const [part, setPart] = useState("text");
  if (message.errors.length > 0) {
    return (
      <ul className={styles.errors} aria-live="polite">
        {message.errors.map((error) => (
          <li key={`${error.field} ${error.detail}`}>
            <strong>{PARTS[error.field] ?? error.field}</strong> {asSentence(error.detail)}
          </li>
        ))}
      </ul>
    );
  }
  return (
    <article className={styles.message} aria-label="The message" aria-busy={stale}>
      <dl className={styles.headers}>
        <dt>From</dt>
        <dd>{message.from ?? "There is no mailbox to send this from"}</dd>
        <dt>To</dt>
        <dd>{message.to}</dd>
        <dt>Subject</dt>
        <dd className={styles.subject}>{message.subject || "–"}</dd>
      </dl>
      {message.html ? (
        <Tabs
          label="Parts of the message"
          value={part}
          onChange={setPart}
          tabs={[
            { value: "text", label: "Text", content: <pre className={styles.text}>{message.text}</pre> },
            { value: "html", label: "HTML", content: <HtmlPart html={message.html} /> },
          ]}
        />
      ) : (
        <pre className={styles.text}>{message.text}</pre>
      )}
    </article>
  );
}

const PARTS: Record<string, string> = { subject: "Subject:", body_text: "Text:", body_html: "HTML:" };

/** Mail programs use a font of their own for messages that set none. */
const LETTERS = "<style>:root { font: 14px/1.5 Arial, Helvetica, sans-serif }</style>";

/** Shown in a frame without permissions: no scripts, no forms, no access to this page. */
function HtmlPart({ html }: { html: string }) {
  return (
    <>
      <iframe className={styles.frame} title="HTML part of the message" sandbox="" srcDoc={LETTERS + html} />
      <p className={styles.note}>Images from other servers are not loaded here.</p>
    </>
  );
}
