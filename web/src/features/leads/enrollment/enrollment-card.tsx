import { Link } from "@tanstack/react-router";
import { ExternalLink } from "lucide-react";
import type { EnrollmentStateResponse } from "@/api/schema";
import { words } from "@/lib/format";
import { StatusBadge } from "@/ui/data/badge";
import { Time } from "@/ui/data/time";
import { Card } from "@/ui/page/page";
import { isLive } from "../queries";
import { stopReason } from "../timeline/sentences";
import styles from "./enrollment-card.module.css";
import { Steering } from "./pause-stop";
import { WhyNothing } from "./why-nothing-is-sent";

export function EnrollmentCard({ enrollment }: { enrollment: EnrollmentStateResponse }) {
  const live = isLive(enrollment.status);
  const step = enrollment.current_step;
  return (
    <Card className={styles.card}>
      <div className={styles.head}>
        <div className={styles.title}>
          <h3>
            <Link
              to="/app/sequences/$sequenceId"
              params={{ sequenceId: enrollment.sequence_id }}
              className={styles.name}
            >
              {enrollment.sequence_name}
            </Link>
          </h3>
          <StatusBadge status={enrollment.status} />
          <span className={styles.version}>v{enrollment.sequence_version}</span>
        </div>
        {live && <Steering enrollment={enrollment} />}
      </div>
      {live && <WhyNothing enrollment={enrollment} />}
      {enrollment.status === "stopped" && (
        <p className={styles.end}>
          Stopped: {stopReason(enrollment.stop_reason ?? "")}, <Time at={enrollment.ended_at} exact />
        </p>
      )}
      {enrollment.status === "completed" && (
        <p className={styles.end}>
          Completed the sequence, <Time at={enrollment.ended_at} exact />
        </p>
      )}
      <dl className={styles.facts}>
        {live && step && (
          <div className={styles.step}>
            <dt>At step</dt>
            <dd>
              <code>{step.key}</code> <span className="muted">{words(step.type).toLowerCase()}</span>
            </dd>
          </div>
        )}
        <Figure name="Sent" value={enrollment.emails_sent} />
        <Figure name="Opened" value={enrollment.emails_opened} />
        <Figure name="Clicked" value={enrollment.emails_clicked} />
        <Figure name="Replied" value={enrollment.emails_replied} />
        <Figure name="Steps done" value={enrollment.steps_completed} />
        <Figure name="Score" value={enrollment.engagement_score} />
      </dl>
      <div className={styles.foot}>
        <span>
          Enrolled <Time at={enrollment.enrolled_at} exact />
        </span>
        {enrollment.temporal_url && (
          <a href={enrollment.temporal_url} target="_blank" rel="noreferrer">
            Workflow in Temporal <ExternalLink aria-hidden="true" />
          </a>
        )}
      </div>
    </Card>
  );
}

function Figure({ name, value }: { name: string; value: number }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="numeric" data-zero={value === 0}>
        {value}
      </dd>
    </div>
  );
}
