import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { LeadResponse, MovedEnrollment, OutboxItem } from "@/api/schema";
import { useFastForward } from "@/features/leads/page/fast-forward";
import { isLive, statesQuery } from "@/features/leads/queries";
import { absoluteTime, plural } from "@/lib/format";
import { Button } from "@/ui/inputs/button";
import { SelectField, TextField } from "@/ui/inputs/field";
import { Failed } from "@/ui/page/states";
import styles from "./clock.module.css";
import { duration, type Unit } from "./durations";

const STEPS: readonly [by: string, label: string][] = [
  ["PT1H", "+1 hour"],
  ["P1D", "+1 day"],
  ["P3D", "+3 days"],
];

/** Moves the clock for every live enrollment, or for those of the lead whose mail is open. */
export function Clock({
  lead,
  newest,
  items,
}: {
  lead: LeadResponse | null;
  newest: string | undefined;
  items: readonly OutboxItem[];
}) {
  const [whose, setWhose] = useState<"all" | "lead">("all");
  const [newestBefore, setNewestBefore] = useState<string>();
  const states = useQuery({ ...statesQuery(lead?.id ?? ""), enabled: lead !== null });
  const live = lead ? (states.data?.enrollments.filter((one) => isLive(one.status)) ?? []) : [];
  const forLead = whose === "lead" && lead !== null;
  const move = useFastForward();
  const go = (by: string) => {
    setNewestBefore(newest);
    move.mutate({ by, enrollmentIds: forLead ? live.map((one) => one.id) : undefined });
  };
  const idle = forLead && live.length === 0;
  const place = items.findIndex((item) => item.id === newestBefore);
  const captured = newestBefore === undefined ? items.length : place;
  return (
    <section className={styles.clock} aria-labelledby="clock-title">
      <h2 id="clock-title">Clock</h2>
      <SelectField
        label="Time passes for"
        value={forLead ? "lead" : "all"}
        onChange={(event) => setWhose(event.target.value === "lead" ? "lead" : "all")}
      >
        <option value="all">Every live enrollment</option>
        {lead && <option value="lead">Only {lead.name || lead.email}</option>}
      </SelectField>
      <div className={styles.steps}>
        {STEPS.map(([by, label]) => (
          <Button key={by} disabled={idle || move.isPending} onClick={() => go(by)}>
            {label}
          </Button>
        ))}
      </div>
      <Custom disabled={idle || move.isPending} onGo={go} />
      {idle && <p className="muted">This lead has no live enrollment.</p>}
      <div role="status" className={styles.outcome}>
        {move.isPending && <Moving captured={captured} />}
        {move.data && !move.isPending && <Moved moved={move.data} captured={captured} />}
      </div>
      {move.error && <Failed error={move.error} />}
    </section>
  );
}

function Custom({ disabled, onGo }: { disabled: boolean; onGo: (by: string) => void }) {
  const [amount, setAmount] = useState("12");
  const [unit, setUnit] = useState<Unit>("hours");
  const by = duration(amount, unit);
  return (
    <form
      className={styles.custom}
      onSubmit={(event) => {
        event.preventDefault();
        if (by) onGo(by);
      }}
    >
      <TextField
        label="How much time"
        hideLabel
        inputMode="numeric"
        value={amount}
        error={by ? undefined : "A whole number, ten years at most"}
        onChange={(event) => setAmount(event.target.value)}
      />
      <SelectField
        label="Unit of time"
        hideLabel
        value={unit}
        onChange={(event) => setUnit(event.target.value as Unit)}
      >
        <option value="minutes">minutes</option>
        <option value="hours">hours</option>
        <option value="days">days</option>
      </SelectField>
      <Button type="submit" disabled={disabled || !by}>
        Move
      </Button>
    </form>
  );
}

/** The server answers after everything that came due is done, which takes minutes for thousands of leads. Until then,
 * this shows that it works. */
function Moving({ captured }: { captured: number }) {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setSeconds((number) => number + 1), 1_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <>
      <progress className={styles.moving} aria-label="Moving the clock" />
      <p aria-live="off">
        Moving the clock and running what is due… <span className="numeric">{seconds} s</span>
        {captured > 0 && `, ${plural(captured, "email")} so far`}
      </p>
    </>
  );
}

function Moved({ moved, captured }: { moved: readonly MovedEnrollment[]; captured: number }) {
  if (moved.length === 0) return <p>Nothing moved: no enrollment is live.</p>;
  const clocks = moved.map((one) => one.now).sort();
  const [first, last] = [clocks[0] ?? "", clocks.at(-1) ?? ""];
  const shown = [...new Set([absoluteTime(first), absoluteTime(last)])].join(" to ");
  const emails = captured < 0 ? "Many emails were captured." : `${plural(captured, "email")} captured.`;
  return (
    <p>
      <strong>{plural(moved.length, "enrollment")} moved.</strong> Clocks now show {shown}. {emails}
    </p>
  );
}
