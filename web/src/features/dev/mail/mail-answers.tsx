import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CalendarOff, MailWarning, MailX, Reply, ShieldAlert, UserX } from "lucide-react";
import { useState } from "react";
import { api, call } from "@/api/client";
import type { MailReceivedResponse, OutboxItem, ReplyRequest } from "@/api/schema";
import { Button } from "@/ui/inputs/button";
import { understoodAs } from "./classifications";
import styles from "./mail.module.css";
import { enrollmentQuery } from "./outbox";
import { ReplyDialog } from "./reply-dialog";

type Answer =
  | { kind: "complaint" | "unsubscribe" }
  | { kind: "bounce"; hard: boolean }
  | { kind: "reply"; body: ReplyRequest };

/** Answers a captured mail as its recipient or a mail server would. Each answer is processed like real mail. */
export function MailAnswers({ mail }: { mail: OutboxItem }) {
  const client = useQueryClient();
  const [writing, setWriting] = useState<"reply" | "away" | null>(null);
  const answer = useMutation({
    mutationFn: (given: Answer) => send(mail.id, given),
    onSuccess: () => {
      setWriting(null);
      client.invalidateQueries({ queryKey: ["lead"] });
    },
  });
  return (
    <>
      <div className={styles.answers}>
        <Button size="sm" onClick={() => setWriting("reply")}>
          <Reply /> Reply…
        </Button>
        <Button size="sm" onClick={() => setWriting("away")}>
          <CalendarOff /> Out of office…
        </Button>
        <Button
          size="sm"
          busy={answer.isPending}
          onClick={() => answer.mutate({ kind: "bounce", hard: true })}
        >
          <MailX /> Hard bounce
        </Button>
        <Button
          size="sm"
          busy={answer.isPending}
          onClick={() => answer.mutate({ kind: "bounce", hard: false })}
        >
          <MailWarning /> Soft bounce
        </Button>
        <Button size="sm" busy={answer.isPending} onClick={() => answer.mutate({ kind: "complaint" })}>
          <ShieldAlert /> Complain
        </Button>
        <Button size="sm" busy={answer.isPending} onClick={() => answer.mutate({ kind: "unsubscribe" })}>
          <UserX /> Unsubscribe
        </Button>
      </div>
      {answer.data && <Understood answer={answer.data} />}
      {writing && (
        <ReplyDialog
          away={writing === "away"}
          busy={answer.isPending}
          onClose={() => setWriting(null)}
          onSend={(body) => answer.mutate({ kind: "reply", body })}
        />
      )}
    </>
  );
}

function Understood({ answer }: { answer: MailReceivedResponse }) {
  const told = understoodAs(answer);
  return (
    <div className={styles.understood} role="status">
      <p>
        <strong>{told.title}</strong>, says Cadenza. {told.follows}
      </p>
      <dl className={styles.facts}>
        {told.facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}:</dt>
            <dd>{value}</dd>
          </div>
        ))}
        {answer.recipient && (
          <div>
            <dt>Recipient:</dt>
            <dd>{answer.recipient}</dd>
          </div>
        )}
      </dl>
      {answer.enrollment_id && <LeadOf enrollmentId={answer.enrollment_id} />}
    </div>
  );
}

function LeadOf({ enrollmentId }: { enrollmentId: string }) {
  const enrollment = useQuery(enrollmentQuery(enrollmentId));
  if (!enrollment.data) return null;
  return (
    <p>
      <Link to="/app/leads/$leadId" params={{ leadId: enrollment.data.lead_id }}>
        Open the lead
      </Link>{" "}
      <span className="muted">
        in {enrollment.data.sequence_name}, now {enrollment.data.status}
      </span>
    </p>
  );
}

function send(captured_id: string, given: Answer): Promise<MailReceivedResponse> {
  const params = { path: { captured_id } };
  switch (given.kind) {
    case "reply":
      return call(api.POST("/dev/outbox/{captured_id}/reply", { params, body: given.body }));
    case "bounce":
      return call(
        api.POST("/dev/outbox/{captured_id}/bounce", {
          params: { ...params, query: { hard: given.hard } },
        }),
      );
    case "complaint":
      return call(api.POST("/dev/outbox/{captured_id}/complaint", { params }));
    case "unsubscribe":
      return call(api.POST("/dev/outbox/{captured_id}/unsubscribe", { params }));
  }
}
