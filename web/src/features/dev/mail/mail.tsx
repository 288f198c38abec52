import { ArrowLeft } from "lucide-react";
import { useState } from "react";
import type { OutboxItem } from "@/api/schema";
import { Time } from "@/ui/data/time";
import { Button } from "@/ui/inputs/button";
import { Tabs } from "@/ui/page/tabs";
import styles from "./mail.module.css";
import { MailAnswers } from "./mail-answers";
import { mailPage } from "./mail-frame";

export function Mail({ mail, onBack }: { mail: OutboxItem; onBack: () => void }) {
  const [tab, setTab] = useState(mail.html ? "html" : "text");
  return (
    <article className={styles.mail}>
      <header className={styles.head}>
        <Button size="sm" look="quiet" className={styles.back} onClick={onBack}>
          <ArrowLeft /> All mail
        </Button>
        <h2>{mail.subject || "(no subject)"}</h2>
        <dl className={styles.envelope}>
          <div>
            <dt>From</dt>
            <dd>{mail.from}</dd>
          </div>
          <div>
            <dt>To</dt>
            <dd>{mail.to.join(", ")}</dd>
          </div>
          <div>
            <dt>Captured</dt>
            <dd>
              <Time at={mail.received_at} exact />
            </dd>
          </div>
        </dl>
      </header>
      <MailAnswers mail={mail} />
      <Tabs
        label="Views of the mail"
        value={tab}
        onChange={setTab}
        tabs={[
          {
            value: "html",
            label: "HTML",
            content: mail.html ? (
              <iframe
                className={styles.frame}
                title={`HTML of ${mail.subject}`}
                sandbox=""
                referrerPolicy="no-referrer"
                srcDoc={mailPage(mail.html)}
              />
            ) : (
              <p className="muted">This mail has no HTML.</p>
            ),
          },
          {
            value: "text",
            label: "Text",
            content: mail.text ? (
              <pre className={styles.text}>{mail.text}</pre>
            ) : (
              <p className="muted">This mail has no text.</p>
            ),
          },
          {
            value: "headers",
            label: "Headers",
            content: (
              <dl className={styles.headers}>
                {Object.entries(mail.headers).map(([name, value]) => (
                  <div key={name}>
                    <dt>{name}</dt>
                    <dd>{value}</dd>
                  </div>
                ))}
              </dl>
            ),
          },
          { value: "raw", label: "Raw", content: <pre className={styles.raw}>{mail.raw}</pre> },
        ]}
      />
    </article>
  );
}
