import { getRouteApi } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import type { DayCounts } from "@/api/schema";
import { count } from "@/lib/format";
import { Table } from "@/ui/data/table";
import { Segmented } from "@/ui/inputs/segmented";
import { Section } from "@/ui/page/page";
import { Empty, Loading } from "@/ui/page/states";
import styles from "../analytics.module.css";
import { Range } from "../range";
import { everyDay, SERIES, type Subject } from "./days";

const route = getRouteApi("/app/sequences/$sequenceId/analytics");
// The chart library is as large as the rest of the app, so it is loaded when a chart is shown.
const DailyChart = lazy(() => import("./daily-chart"));

export function Daily({ counted }: { counted: readonly DayCounts[] }) {
  const { from, to } = route.useSearch();
  const [subject, setSubject] = useState<Subject>("emails");
  const [shown, setShown] = useState<"chart" | "table">("chart");
  return (
    <Section
      title="By day"
      actions={
        <>
          <Segmented
            label="Counted"
            value={subject}
            onChange={setSubject}
            options={[
              { value: "emails", label: "Emails" },
              { value: "leads", label: "Leads" },
            ]}
          />
          <Segmented
            label="Shown as"
            value={shown}
            onChange={setShown}
            options={[
              { value: "chart", label: "Chart" },
              { value: "table", label: "Table" },
            ]}
          />
        </>
      }
    >
      <Range />
      {counted.length === 0 ? (
        <Empty title="Nothing happened on these days">Choose a longer range, or all days.</Empty>
      ) : shown === "table" ? (
        <DailyTable days={counted} subject={subject} />
      ) : (
        <div className={styles.chart}>
          <Suspense fallback={<Loading rows={7} label="Loading the chart" />}>
            <DailyChart days={everyDay(counted, from, to)} subject={subject} />
          </Suspense>
        </div>
      )}
    </Section>
  );
}

/** The newest day first. The server leaves out days on which nothing happened, and so does the table. */
function DailyTable({ days, subject }: { days: readonly DayCounts[]; subject: Subject }) {
  return (
    <div className={styles.days}>
      <Table label="By day">
        <thead>
          <tr>
            <th scope="col">Day (UTC)</th>
            {SERIES[subject].map((series) => (
              <th key={series.key} scope="col" className="numeric">
                {series.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {days.toReversed().map((row) => (
            <tr key={row.date}>
              <th scope="row">{row.date}</th>
              {SERIES[subject].map((series) => (
                <td key={series.key} className="numeric">
                  {count(row[series.key])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </Table>
    </div>
  );
}
