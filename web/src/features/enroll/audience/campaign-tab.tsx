import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useId, useState } from "react";
import type { CampaignResponse } from "@/api/schema";
import { count, plural } from "@/lib/format";
import { More } from "@/ui/data/more";
import { Table } from "@/ui/data/table";
import { Time } from "@/ui/data/time";
import { Button } from "@/ui/inputs/button";
import { TextArea, TextField } from "@/ui/inputs/field";
import { FormDialog, useFormProblem } from "@/ui/overlays/form-dialog";
import { Empty, Loaded } from "@/ui/page/states";
import styles from "../enroll.module.css";
import { campaignsQuery } from "../queries";
import type { Audience } from "./audience";
import { createCampaign } from "./campaigns";

export function CampaignTab({
  active,
  onChosen,
}: {
  active: boolean;
  onChosen: (audience: Audience) => void;
}) {
  const campaigns = useInfiniteQuery(campaignsQuery());
  const [chosen, setChosen] = useState<CampaignResponse | null>(null);
  const [creating, setCreating] = useState(false);
  return (
    <div className={styles.tab}>
      <div className={styles.head}>
        <p className="muted">
          A campaign is a named list of leads. Leads that are added later are not enrolled automatically.
        </p>
        <Button onClick={() => setCreating(true)}>
          <Plus /> New campaign
        </Button>
      </div>
      <Loaded query={campaigns}>
        {({ pages }) => {
          const known = pages.flatMap((page) => page.items);
          if (known.length === 0)
            return (
              <Empty title="There is no campaign yet">
                Make one here, or pick leads and add them to one; a CSV file becomes one by itself.
              </Empty>
            );
          return (
            <>
              <Campaigns campaigns={known} chosen={chosen?.id ?? null} onChoose={setChosen} />
              <More pages={campaigns} />
            </>
          );
        }}
      </Loaded>
      {chosen && (
        <section className={styles.bar} aria-label="Selection">
          <p>
            <strong>{chosen.name}</strong>, {plural(chosen.leads_count, "lead")}
          </p>
          <Button
            look="primary"
            disabled={!active || chosen.leads_count === 0}
            onClick={() => onChosen({ kind: "campaign", campaignId: chosen.id, name: chosen.name })}
          >
            Check {plural(chosen.leads_count, "lead")}
          </Button>
        </section>
      )}
      {creating && <CreateCampaign onClose={() => setCreating(false)} />}
    </div>
  );
}

function Campaigns({
  campaigns,
  chosen,
  onChoose,
}: {
  campaigns: readonly CampaignResponse[];
  chosen: string | null;
  onChoose: (campaign: CampaignResponse) => void;
}) {
  const group = useId();
  return (
    <Table label="Campaigns" className={styles.leads}>
      <thead>
        <tr>
          <th className={styles.box}>
            <span className="visually-hidden">Choose</span>
          </th>
          <th>Campaign</th>
          <th className="numeric">Leads</th>
          <th className={styles.wide}>Created</th>
        </tr>
      </thead>
      <tbody>
        {campaigns.map((campaign) => (
          <tr key={campaign.id} data-chosen={campaign.id === chosen}>
            <td className={styles.box}>
              <input
                type="radio"
                name={group}
                aria-label={`Choose ${campaign.name}`}
                checked={campaign.id === chosen}
                onChange={() => onChoose(campaign)}
              />
            </td>
            <td className={styles.lead}>
              <span>{campaign.name}</span>
              {campaign.description && <span className={styles.address}>{campaign.description}</span>}
            </td>
            <td className="numeric">{count(campaign.leads_count)}</td>
            <td className={`${styles.wide} muted`}>
              <Time at={campaign.created_at} />
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

const SHOWN = ["name", "description"];

function CreateCampaign({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const create = useMutation({
    mutationFn: createCampaign,
    meta: { quiet: true },
    onSuccess() {
      client.invalidateQueries({ queryKey: ["campaigns"] });
      onClose();
    },
  });
  const problem = useFormProblem(create.error, SHOWN);
  return (
    <FormDialog
      title="New campaign"
      description="Add leads from the other two tabs: pick them, or import a file."
      submit="Create"
      busy={create.isPending}
      problem={problem}
      onSubmit={() => create.mutate({ name, description })}
      onClose={onClose}
    >
      <TextField
        label="Name"
        required
        maxLength={200}
        value={name}
        error={problem.of("name")}
        onChange={(event) => setName(event.target.value)}
      />
      <TextArea
        label="Description"
        rows={3}
        maxLength={5000}
        value={description}
        error={problem.of("description")}
        onChange={(event) => setDescription(event.target.value)}
      />
    </FormDialog>
  );
}
