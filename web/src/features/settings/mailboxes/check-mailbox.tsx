import { useMutation } from "@tanstack/react-query";
import { CircleCheck, CircleX } from "lucide-react";
import { api, call } from "@/api/client";
import type { ServerCheckResponse } from "@/api/schema";
import { count } from "@/lib/format";
import { Button } from "@/ui/inputs/button";
import styles from "./mailboxes.module.css";

/** Logs in to the mailbox's servers now and shows what each of them answered. Sends nothing. */
export function CheckMailbox({ mailboxId }: { mailboxId: string }) {
  const checking = useMutation({
    mutationFn: () =>
      call(api.POST("/mailboxes/{mailbox_id}/check", { params: { path: { mailbox_id: mailboxId } } })),
  });
  const found = checking.data;
  return (
    <div className={styles.check}>
      <Button busy={checking.isPending} onClick={() => checking.mutate()}>
        {checking.isPending ? "Logging in…" : "Check servers"}
      </Button>
      <div role="status">
        {found && (
          <ul className={styles.results}>
            <Result name="SMTP" result={found.smtp} none="the installation’s server is used" />
            <Result name="IMAP" result={found.imap} none="nobody watches the inbox" />
          </ul>
        )}
      </div>
    </div>
  );
}

function Result({ name, result, none }: { name: string; result: ServerCheckResponse | null; none: string }) {
  if (result === null)
    return (
      <li className="muted">
        {name}: {none}
      </li>
    );
  return (
    <li className={styles.result} data-ok={result.ok}>
      {result.ok ? <CircleCheck aria-hidden="true" /> : <CircleX aria-hidden="true" />}
      <span>
        <strong>{name}</strong>{" "}
        {result.ok
          ? `logged in after ${count(result.duration_ms)} ms`
          : (result.detail ?? result.code ?? "did not work")}
      </span>
    </li>
  );
}
