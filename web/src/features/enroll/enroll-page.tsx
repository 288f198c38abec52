import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import type { SequenceResponse } from "@/api/schema";
import { BatchChip } from "@/features/batches/batch-chip";
import { sequenceQuery } from "@/features/sequences/queries";
import { StatusBadge } from "@/ui/data/badge";
import { buttonClass } from "@/ui/inputs/button";
import { Page } from "@/ui/page/page";
import { Loaded } from "@/ui/page/states";
import { Tabs } from "@/ui/page/tabs";
import type { Audience } from "./audience/audience";
import { CampaignTab } from "./audience/campaign-tab";
import { FileTab } from "./audience/file-tab";
import { PickTab } from "./audience/pick-tab";
import { TrialPanel } from "./dry-run/dry-run-panel";
import { NotActive } from "./not-active";
import { BatchPanel } from "./progress/batch-panel";
import { RecentBatches } from "./progress/recent-batches";
import type { Way } from "./search";

const HERE = "/app/sequences/$sequenceId/enroll";

export function EnrollPage() {
  const { sequenceId } = useParams({ from: HERE });
  const sequence = useQuery(sequenceQuery(sequenceId));
  return (
    <Page
      title="Enroll leads"
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
      aside={
        sequence.data && (
          <>
            <StatusBadge status={sequence.data.status} />
            {sequence.data.batch_id && (
              <Link to={HERE} params={{ sequenceId }} search={{ batch: sequence.data.batch_id }}>
                <BatchChip batchId={sequence.data.batch_id} />
              </Link>
            )}
          </>
        )
      }
      actions={
        <Link to="/app/sequences/$sequenceId/analytics" params={{ sequenceId }} className={buttonClass()}>
          Analytics
        </Link>
      }
    >
      <Loaded query={sequence}>{(found) => <Enroll sequence={found} />}</Loaded>
    </Page>
  );
}

function Enroll({ sequence }: { sequence: SequenceResponse }) {
  const search = useSearch({ from: HERE });
  const navigate = useNavigate({ from: HERE });
  const [audience, setAudience] = useState<Audience | null>(null);
  const active = sequence.status === "active";

  const go = (by: Way) => navigate({ to: ".", search: by === "leads" ? {} : { by } });
  const begun = (batch: string) => {
    setAudience(null);
    navigate({ to: ".", search: { ...search, batch } });
  };
  const { batch, ...withoutBatch } = search;
  if (batch !== undefined) {
    return (
      <>
        <BatchPanel batchId={batch} onClose={() => navigate({ to: ".", search: withoutBatch })} />
        <RecentBatches sequenceId={sequence.id} shown={batch} />
      </>
    );
  }
  const tab = { active, onChosen: setAudience };
  return (
    <>
      {!active && <NotActive sequence={sequence} />}
      {audience !== null ? (
        <TrialPanel
          sequence={sequence}
          audience={audience}
          onBack={() => setAudience(null)}
          onBegun={begun}
        />
      ) : (
        <Tabs
          label="How to choose leads"
          value={search.by ?? "leads"}
          onChange={(value) => go(value as Way)}
          tabs={[
            {
              value: "leads",
              label: "Pick leads",
              content: <PickTab {...tab} onGathered={() => go("campaign")} />,
            },
            { value: "campaign", label: "A campaign", content: <CampaignTab {...tab} /> },
            { value: "file", label: "A CSV file", content: <FileTab {...tab} /> },
          ]}
        />
      )}
      <RecentBatches sequenceId={sequence.id} />
    </>
  );
}
