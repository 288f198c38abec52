import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, call } from "@/api/client";
import type { FindingResponse, FindingsResponse, SenderDomainResponse } from "@/api/schema";
import { useMay } from "@/api/scopes";
import { Badge } from "@/ui/data/badge";
import { Copyable } from "@/ui/data/copyable";
import { Time } from "@/ui/data/time";
import { Button } from "@/ui/inputs/button";
import { Card } from "@/ui/page/page";
import styles from "./domains.module.css";
import { RECORDS, STATUS, summary } from "./findings";
import { SigningForm } from "./signing-form";

export function DomainCard({ domain }: { domain: SenderDomainResponse }) {
  const client = useQueryClient();
  const mayWrite = useMay("write");
  const [signing, setSigning] = useState(false);
  const checking = useMutation({
    mutationFn: () =>
      call(
        api.POST("/sender-domains/{domain}/check", {
          params: { path: { domain: domain.domain } },
          body: null,
        }),
      ),
    onSettled: () => client.invalidateQueries({ queryKey: ["sender-domains"] }),
  });
  const { tone, text } = summary(domain.findings);
  return (
    <Card className={styles.card}>
      <header className={styles.head}>
        <h3>{domain.domain}</h3>
        <Badge tone={tone}>{text}</Badge>
        <span className={styles.checked}>
          {domain.checked_at && (
            <>
              checked <Time at={domain.checked_at} />
            </>
          )}
        </span>
        {mayWrite && (
          <div className={styles.buttons}>
            <Button size="sm" onClick={() => setSigning(true)}>
              {domain.dkim ? "Signing…" : "Sign mail…"}
            </Button>
            <Button size="sm" busy={checking.isPending} onClick={() => checking.mutate()}>
              {checking.isPending ? "Asking DNS…" : "Check now"}
            </Button>
          </div>
        )}
      </header>
      {domain.findings && <Findings findings={domain.findings} />}
      {domain.dkim && (
        <div className={styles.record}>
          <p className="muted">
            Mail is signed with the selector <code>{domain.dkim.selector}</code>. This TXT record must be
            published:
          </p>
          <Copyable label="Name" value={domain.dkim.record_name} />
          <Copyable label="Value" value={domain.dkim.record_value} />
        </div>
      )}
      {signing && <SigningForm domain={domain} onClose={() => setSigning(false)} />}
    </Card>
  );
}

function Findings({ findings }: { findings: FindingsResponse }) {
  return (
    <dl className={styles.findings}>
      {Object.entries(RECORDS).map(([record, { name, why }]) => {
        const found: FindingResponse = findings[record as keyof FindingsResponse];
        const { name: status, tone } = STATUS[found.status];
        return (
          <div key={record}>
            <dt>
              {name} <small>{why}</small>
            </dt>
            <dd>
              <Badge tone={tone}>{status}</Badge> <Detail text={found.detail} />
              {found.record && <code className={styles.found}>{found.record}</code>}
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

/** Shows text between backticks as code. */
function Detail({ text }: { text: string }) {
  return text.split("`").map((part, index) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: parts of one text, which never change places
    index % 2 === 1 ? <code key={index}>{part}</code> : part,
  );
}
