import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { toast } from "sonner";
import { api, call, once } from "@/api/client";
import { plural } from "@/lib/format";
import { SelectField, TextField } from "@/ui/field";
import { FormDialog, useFormProblem } from "@/ui/form-dialog";
import { MOST } from "./audience";
import { createCampaign } from "./campaigns";
import { campaignsQuery } from "./queries";

const SHOWN = ["name"];

/** Puts the leads into a campaign, an old one or a new one. */
export function GatherDialog({
  leadIds,
  onClose,
  onGathered,
}: {
  leadIds: readonly string[];
  onClose: () => void;
  onGathered: () => void;
}) {
  const client = useQueryClient();
  const campaigns = useInfiniteQuery(campaignsQuery());
  const [campaignId, setCampaignId] = useState("");
  const [name, setName] = useState("");
  const gather = useMutation({
    async mutationFn() {
      const id = campaignId || (await createCampaign({ name, description: "" })).id;
      // Should it be refused now, the campaign that was just made is not made again.
      setCampaignId(id);
      return call(
        api.POST("/campaigns/{campaign_id}/leads", {
          params: { path: { campaign_id: id }, header: once() },
          body: { lead_ids: leadIds.slice(0, MOST) },
        }),
      );
    },
    meta: { quiet: true },
    onSuccess({ added, skipped }) {
      const there = skipped.length > 0 ? `, ${plural(skipped.length, "lead")} left out` : "";
      toast.success(`${plural(added.length, "lead")} added${there}`);
      onGathered();
      onClose();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["campaigns"] }),
  });
  const problem = useFormProblem(gather.error, SHOWN);
  const known = campaigns.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <FormDialog
      title={`Add ${plural(leadIds.length, "lead")} to a campaign`}
      submit="Add to the campaign"
      busy={gather.isPending}
      problem={problem}
      onSubmit={() => gather.mutate()}
      onClose={onClose}
    >
      <SelectField
        label="Campaign"
        hint="Leads gathered under a name, to be enrolled together."
        value={campaignId}
        onChange={(event) => setCampaignId(event.target.value)}
      >
        <option value="">A new one</option>
        {known.map((campaign) => (
          <option key={campaign.id} value={campaign.id}>
            {campaign.name}
          </option>
        ))}
      </SelectField>
      {campaignId === "" && (
        <TextField
          label="Name"
          required
          maxLength={200}
          value={name}
          error={problem.of("name")}
          onChange={(event) => setName(event.target.value)}
        />
      )}
    </FormDialog>
  );
}
