import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { ListFilter, X } from "lucide-react";
import { api, call } from "@/api/client";
import { usePages } from "@/api/pages";
import type { ExecutionResponse, FunnelStepResponse } from "@/api/schema";
import { words } from "@/lib/format";
import { More } from "@/ui/data/more";
import { Table } from "@/ui/data/table";
import { Time } from "@/ui/data/time";
import { Button, buttonClass } from "@/ui/inputs/button";
import { SelectField } from "@/ui/inputs/field";
import { Empty, Loaded } from "@/ui/page/states";
import styles from "../analytics.module.css";
import { analyticsQuery } from "../queries";
import { Range } from "../range";
import { type AnalyticsSearch, dayAfter } from "../search";
import { detailWords } from "./log-words";

const route = getRouteApi("/app/sequences/$sequenceId/analytics");

const EVENTS = [
  "enrolled",
  "email_sent",
  "email_outcome_unknown",
  "waiting",
  "deferred",
  "branch_decided",
  "action_outcome_unknown",
  "action_performed",
  "heard",
  "held",
  "paused",
  "resumed",
  "plan_changed",
  "completed",
  "stopped",
  "failed",
] as const;

/** Everything that was done to the leads of the sequence, newest first. */
export function Log({ sequenceId }: { sequenceId: string }) {
  const search = route.useSearch();
  const analytics = useQuery({ ...analyticsQuery(sequenceId), refetchInterval: false });
  const steps = analytics.data?.funnel ?? [];
  const pages = usePages(["executions", sequenceId, search], (cursor) =>
    call(
      api.GET("/sequences/{sequence_id}/executions", {
        params: {
          path: { sequence_id: sequenceId },
          query: {
            event: search.event ?? null,
            step: search.step ?? null,
            lead_id: search.lead ?? null,
            from: search.from ? `${search.from}T00:00:00Z` : null,
            to: search.to ? dayAfter(search.to) : null,
            limit: 50,
            cursor,
          },
        },
      }),
    ),
  );
  return (
    <div className={styles.log}>
      <Filters steps={steps} />
      <Loaded query={pages}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title="No log entries">No log entry of this sequence matches these filters.</Empty>
          ) : (
            <>
              <Rows rows={rows} steps={steps} />
              <More pages={pages} />
            </>
          )
        }
      </Loaded>
    </div>
  );
}

function Filters({ steps }: { steps: readonly FunnelStepResponse[] }) {
  const { event, step, lead } = route.useSearch();
  const navigate = route.useNavigate();
  function filter(name: "event" | "step" | "lead", value: string) {
    navigate({
      search: (before): AnalyticsSearch => {
        const { [name]: _, ...rest } = before;
        return value ? { ...rest, [name]: value } : rest;
      },
      replace: true,
    });
  }
  return (
    <div className={styles.filters}>
      <SelectField label="Event" value={event ?? ""} onChange={(e) => filter("event", e.target.value)}>
        <option value="">Every event</option>
        {EVENTS.map((name) => (
          <option key={name} value={name}>
            {words(name)}
          </option>
        ))}
      </SelectField>
      <SelectField label="Step" value={step ?? ""} onChange={(e) => filter("step", e.target.value)}>
        <option value="">Every step</option>
        {steps.map((one) => (
          <option key={one.step_id} value={one.key}>
            {one.name || one.key}
          </option>
        ))}
      </SelectField>
      <Range />
      {lead && (
        <Button size="sm" onClick={() => filter("lead", "")}>
          One lead only
          <X aria-label="Show every lead" />
        </Button>
      )}
    </div>
  );
}

function Rows({ rows, steps }: { rows: readonly ExecutionResponse[]; steps: readonly FunnelStepResponse[] }) {
  const { lead } = route.useSearch();
  return (
    <Table label="Execution log" stack>
      <thead>
        <tr>
          <th scope="col">When</th>
          <th scope="col">Event</th>
          <th scope="col">Step</th>
          <th scope="col">Lead</th>
          <th scope="col">Detail</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.id}>
            <td className={styles.when}>
              <Time at={row.at} exact />
            </td>
            <td className={styles.when}>{words(row.event)}</td>
            <td className={styles.when}>
              {steps.find(({ step_id }) => step_id === row.step_id)?.name || row.step_key || (
                <span className="muted">–</span>
              )}
            </td>
            <td>
              <span className={styles.lead}>
                <Link to="/app/leads/$leadId" params={{ leadId: row.lead_id }}>
                  {row.lead_email}
                </Link>
                {lead === undefined && (
                  <Link
                    from={route.id}
                    to="."
                    search={(before) => ({ ...before, lead: row.lead_id })}
                    replace
                    aria-label={`Only ${row.lead_email}`}
                    title="Only this lead"
                    className={buttonClass({ look: "quiet", size: "sm", icon: true })}
                  >
                    <ListFilter />
                  </Link>
                )}
              </span>
            </td>
            <td>{detailWords(row, steps) || <span className="muted">–</span>}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
