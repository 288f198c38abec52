import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { AnalyticsResponse } from "@/api/schema";
import { sequenceQuery } from "@/features/sequences/queries";
import { StatusBadge } from "@/ui/data/badge";
import { buttonClass } from "@/ui/inputs/button";
import { Page, Section } from "@/ui/page/page";
import { Empty, Loaded } from "@/ui/page/states";
import { Tabs } from "@/ui/page/tabs";
import styles from "./analytics.module.css";
import { AsOf } from "./as-of";
import { Daily } from "./daily/daily";
import { ExportMenu } from "./export/export-menu";
import { Funnel } from "./funnel/funnel";
import { Variants } from "./funnel/variants";
import { Log } from "./log/log";
import { analyticsQuery } from "./queries";
import { StopReasons } from "./stop-reasons";
import { Totals } from "./totals";

const route = getRouteApi("/app/sequences/$sequenceId/analytics");

/** The figures of a sequence, and the log of its enrollments. */
export function AnalyticsPage() {
  const { sequenceId } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const sequence = useQuery(sequenceQuery(sequenceId));
  const analytics = useQuery(analyticsQuery(sequenceId, search.from, search.to));
  return (
    <Page
      title={sequence.data ? `Analytics of ${sequence.data.name}` : "Analytics"}
      trail={
        <>
          <Link to="/app/sequences">Sequences</Link>
          {sequence.data && (
            <>
              {" / "}
              <Link to="/app/sequences/$sequenceId" params={{ sequenceId }}>
                {sequence.data.name}
              </Link>
            </>
          )}
        </>
      }
      aside={sequence.data && <StatusBadge status={sequence.data.status} />}
      actions={analytics.data && <ExportMenu name={sequence.data?.name ?? ""} analytics={analytics.data} />}
    >
      <Tabs
        label="Analytics"
        value={search.tab ?? "overview"}
        onChange={(tab) =>
          navigate({
            search: ({ tab: _, ...rest }) => (tab === "log" ? { ...rest, tab } : rest),
            replace: true,
          })
        }
        tabs={[
          {
            value: "overview",
            label: "Overview",
            content: (
              <Loaded query={analytics}>
                {(data) => <Overview sequenceId={sequenceId} analytics={data} />}
              </Loaded>
            ),
          },
          { value: "log", label: "Execution log", content: <Log sequenceId={sequenceId} /> },
        ]}
      />
    </Page>
  );
}

function Overview({ sequenceId, analytics }: { sequenceId: string; analytics: AnalyticsResponse }) {
  if (analytics.totals.enrolled === 0) return <NobodyYet sequenceId={sequenceId} />;
  return (
    <div className={styles.overview}>
      <Section title="Totals" actions={<AsOf at={analytics.as_of} />}>
        <Totals analytics={analytics} />
      </Section>
      <Section title="Funnel">
        <Funnel steps={analytics.funnel} enrolled={analytics.totals.enrolled} />
      </Section>
      <Daily counted={analytics.daily} />
      {analytics.variants.length > 0 && (
        <Section title="Variants">
          <Variants steps={analytics.variants} />
        </Section>
      )}
      <Section title="Why leads stopped">
        <StopReasons stopped={analytics.totals.stopped} />
      </Section>
    </div>
  );
}

function NobodyYet({ sequenceId }: { sequenceId: string }) {
  return (
    <Empty
      title="Nobody is enrolled yet"
      action={
        <Link
          to="/app/sequences/$sequenceId/enroll"
          params={{ sequenceId }}
          className={buttonClass({ look: "primary" })}
        >
          Enroll leads
        </Link>
      }
    >
      Totals, the funnel and daily figures appear here when the first lead is enrolled.
    </Empty>
  );
}
