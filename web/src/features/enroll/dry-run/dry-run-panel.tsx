import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ArrowLeft } from "lucide-react";
import { useState } from "react";
import { once } from "@/api/client";
import type { SequenceResponse } from "@/api/schema";
import { count, plural } from "@/lib/format";
import { Stat, Stats } from "@/ui/data/stat";
import { Time } from "@/ui/data/time";
import { Button } from "@/ui/inputs/button";
import { Segmented } from "@/ui/inputs/segmented";
import { Section } from "@/ui/page/page";
import { Failed, Loaded, Loading } from "@/ui/page/states";
import { type Audience, enrollAll, type Trial, tryOut } from "../audience/audience";
import styles from "../enroll.module.css";
import { Forecast } from "./forecast";
import { NamedLeads } from "./named-leads";
import { SkipReasons } from "./skip-reasons";

/** Shows what enrolling would do, before it is done. */
export function TrialPanel({
  sequence,
  audience,
  onBack,
  onBegun,
}: {
  sequence: SequenceResponse;
  audience: Audience;
  onBack: () => void;
  onBegun: (batchId: string) => void;
}) {
  const client = useQueryClient();
  const [key] = useState(once);
  const trial = useQuery({
    queryKey: ["enroll-trial", sequence.id, audience],
    queryFn: () => tryOut(sequence.id, audience),
    gcTime: 0,
  });
  const start = useMutation({
    mutationFn: () => enrollAll(sequence.id, audience, key),
    meta: { quiet: true },
    onSuccess(batchId) {
      for (const changed of ["sequences", "sequence", "batches", "leads", "lead", "campaigns"])
        client.invalidateQueries({ queryKey: [changed] });
      onBegun(batchId);
    },
  });
  return (
    <Section
      title={audience.kind === "campaign" ? `Enroll “${audience.name}”` : "Enroll the leads that you picked"}
      actions={
        <Button onClick={onBack} disabled={start.isPending}>
          <ArrowLeft /> Choose others
        </Button>
      }
    >
      <Loaded query={trial} loading={<Loading label="Running the dry run" />}>
        {(found) => (
          <>
            <Outcome trial={found} />
            {start.error && <Failed error={start.error} />}
            <section className={styles.bar} aria-label="Enroll">
              <p className="muted">
                {found.accepted > 0
                  ? "Each gets the first step as soon as its delay has passed."
                  : "There is nobody to enroll."}
              </p>
              <Button
                look="primary"
                busy={start.isPending}
                disabled={found.accepted === 0 || sequence.status !== "active"}
                onClick={() => start.mutate()}
              >
                Enroll {plural(found.accepted, "lead")}
              </Button>
            </section>
          </>
        )}
      </Loaded>
    </Section>
  );
}

function Outcome({ trial }: { trial: Trial }) {
  const skipped = Object.values(trial.skippedCounts).reduce((sum, number) => sum + number, 0);
  const [shown, setShown] = useState<"skipped" | "enrolled">(skipped > 0 ? "skipped" : "enrolled");
  const [code, setCode] = useState<string | null>(null);
  const listed = trial.skipped.filter((lead) => code === null || lead.code === code);
  const by = trial.forecast?.first_email_by;
  return (
    <>
      <Stats>
        <Stat label="Would be enrolled" value={count(trial.accepted)} />
        <Stat label="Would be skipped" value={count(skipped)} />
        {trial.accepted > 0 && (
          <Stat
            label="First email to all by"
            value={by ? <Time at={by} /> : "–"}
            note={by ? <Time at={by} exact /> : "Not known"}
          />
        )}
      </Stats>
      {trial.forecast && trial.forecast.mailboxes.length > 0 && <Forecast forecast={trial.forecast} />}
      <div className={styles.head}>
        <Segmented
          label="Which leads"
          value={shown}
          options={[
            { value: "skipped", label: `Skipped ${count(skipped)}` },
            { value: "enrolled", label: `Enrolled ${count(trial.accepted)}` },
          ]}
          onChange={setShown}
        />
      </div>
      {shown === "skipped" ? (
        <>
          <SkipReasons counts={trial.skippedCounts} chosen={code} onChoose={setCode} />
          <NamedLeads key={code ?? "all"} label="Skipped leads" leads={listed} />
        </>
      ) : (
        <NamedLeads
          label="Leads that would be enrolled"
          leads={trial.enrolled.map((id) => ({ lead_id: id }))}
        />
      )}
    </>
  );
}
