import { Trophy } from "lucide-react";
import type { StepVariantsResponse } from "@/api/schema";
import { count, rate } from "@/lib/format";
import { Badge } from "@/ui/data/badge";
import { Progress } from "@/ui/data/stat";
import { Table } from "@/ui/data/table";
import { Time } from "@/ui/data/time";
import styles from "../analytics.module.css";
import { sure, verdict } from "./branch-words";

/** Variants are compared by replies, because a machine can open an email. */
export function Variants({ steps }: { steps: readonly StepVariantsResponse[] }) {
  return (
    <div className={styles.variants}>
      {steps.map((step) => (
        <article key={step.step_id} className={styles.variant}>
          <header>
            <h3>
              {step.name || step.key}
              {step.removed && <span className="muted">, removed</span>}
            </h3>
            <p>
              {verdict(step)}
              {step.decided_at && (
                <span className="muted">
                  {" "}
                  Decided <Time at={step.decided_at} />.
                </span>
              )}
            </p>
          </header>
          <Table label={`Variants of ${step.name || step.key}`}>
            <thead>
              <tr>
                <th scope="col">Variant</th>
                <th scope="col" className="numeric">
                  Sent
                </th>
                <th scope="col" className="numeric">
                  Opened
                </th>
                <th scope="col" className="numeric">
                  Clicked
                </th>
                <th scope="col" className="numeric">
                  Replied
                </th>
                <th scope="col" className="numeric">
                  Reply rate
                </th>
                <th scope="col">Best with</th>
              </tr>
            </thead>
            <tbody>
              {step.results.map((result) => (
                <tr key={result.name}>
                  <th scope="row" className={styles.variantName}>
                    {result.name}
                    {result.name === step.winner && (
                      <Badge tone="green">
                        <Trophy size={12} aria-hidden="true" /> {step.decided_at ? "Won" : "Winner"}
                      </Badge>
                    )}
                  </th>
                  <td className="numeric">{count(result.sent)}</td>
                  <td className="numeric">{count(result.opened)}</td>
                  <td className="numeric">{count(result.clicked)}</td>
                  <td className="numeric">{count(result.replied)}</td>
                  <td className="numeric">{rate(result.reply_rate)}</td>
                  <td>
                    {result.probability_best === null ? (
                      <span className="muted">not sent any more</span>
                    ) : (
                      <span className={styles.chance}>
                        <Progress
                          label={`How certain it is that ${result.name} is best`}
                          value={result.probability_best}
                        />
                        <span className="numeric">{sure(result.probability_best)}</span>
                      </span>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </Table>
        </article>
      ))}
    </div>
  );
}
