import { Clock, GitBranch, Hourglass, Mail, Puzzle, Zap } from "lucide-react";
import type { ReactNode } from "react";
import type { FunnelStepResponse } from "@/api/schema";
import { count, plural, rate, words } from "@/lib/format";
import { Badge } from "@/ui/data/badge";
import { branchWords } from "./branch-words";
import styles from "./funnel.module.css";

const ICONS: Record<string, ReactNode> = {
  email: <Mail />,
  delay: <Clock />,
  condition: <GitBranch />,
  wait_for: <Hourglass />,
  action: <Zap />,
};

const DEEDS = ["sent", "opened", "clicked", "replied"] as const;

/** For each step, how many of the enrolled leads reached it and what they did with its email. */
export function Funnel({ steps, enrolled }: { steps: readonly FunnelStepResponse[]; enrolled: number }) {
  return (
    <div className={styles.frame}>
      <ul className={styles.legend} aria-hidden="true">
        <li data-deed="reached">Reached</li>
        {DEEDS.map((deed) => (
          <li key={deed} data-deed={deed}>
            {words(deed)}
          </li>
        ))}
      </ul>
      <ol className={styles.funnel}>
        {steps.map((step) => (
          <Step key={step.step_id} step={step} steps={steps} enrolled={enrolled} />
        ))}
      </ol>
    </div>
  );
}

function Step({
  step,
  steps,
  enrolled,
}: {
  step: FunnelStepResponse;
  steps: readonly FunnelStepResponse[];
  enrolled: number;
}) {
  return (
    <li className={styles.step} data-removed={step.removed || undefined}>
      <div className={styles.head}>
        <span className={styles.icon} aria-hidden="true">
          {ICONS[step.type] ?? <Puzzle />}
        </span>
        <div className={styles.name}>
          <h3>{step.name || step.key}</h3>
          <p>
            {words(step.type)}
            {step.removed && ", removed"}
          </p>
        </div>
      </div>
      <div className={styles.measure}>
        <Track step={step} enrolled={enrolled} />
        {step.outcomes.length > 0 && <Outcomes step={step} steps={steps} />}
        {step.type === "email" && <Emails step={step} />}
      </div>
      <dl className={styles.stand}>
        <div>
          <dt>Reached</dt>
          <dd className="numeric">
            {count(step.reached)} <span className={styles.share}>{rate(step.reached / enrolled)}</span>
          </dd>
        </div>
        <div>
          <dt>Here now</dt>
          <dd className="numeric" data-any={step.here_now > 0}>
            {count(step.here_now)}
          </dd>
        </div>
      </dl>
    </li>
  );
}

/** Decoration only: every figure also stands beside it as text. */
function Track({ step, enrolled }: { step: FunnelStepResponse; enrolled: number }) {
  const width = (part: number) => ({ inlineSize: `${Math.min(100, (part / enrolled) * 100)}%` });
  return (
    <div className={styles.track} aria-hidden="true">
      <span data-deed="reached" style={width(step.reached)} />
      {step.type === "email" &&
        DEEDS.map((deed) => <span key={deed} data-deed={deed} style={width(step[deed])} />)}
    </div>
  );
}

function Emails({ step }: { step: FunnelStepResponse }) {
  return (
    <dl className={styles.deeds}>
      {DEEDS.map((deed) => (
        <div key={deed}>
          <dt>{words(deed)}</dt>
          <dd className="numeric">
            {count(step[deed])}
            {deed !== "sent" && step.sent > 0 && (
              <span className={styles.share}> {rate(step[deed] / step.sent)}</span>
            )}
          </dd>
        </div>
      ))}
      {step.bounced > 0 && (
        <div data-bad="true">
          <dt>Bounced</dt>
          <dd className="numeric">{count(step.bounced)}</dd>
        </div>
      )}
    </dl>
  );
}

function Outcomes({ step, steps }: { step: FunnelStepResponse; steps: readonly FunnelStepResponse[] }) {
  const decided = step.outcomes.reduce((sum, taken) => sum + taken.count, 0);
  return (
    <ul className={styles.outcomes} aria-label={`Ways taken at ${step.name || step.key}`}>
      {step.outcomes.map((taken) => {
        const { way, led } = branchWords(taken, steps);
        return (
          <li key={`${taken.branch} ${JSON.stringify(taken.outcome)}`}>
            <Badge>{way}</Badge>
            <span className={styles.led}>→ {led}</span>
            <span className="numeric">
              <span className="visually-hidden">: </span>
              <strong title={plural(taken.count, "decision")}>{count(taken.count)}</strong>{" "}
              <span className={styles.share}>{rate(taken.count / decided)}</span>
            </span>
          </li>
        );
      })}
    </ul>
  );
}
