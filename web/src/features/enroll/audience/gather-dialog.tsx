import { useMutation, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { api, call, once } from "@/api/client";
import { plural } from "@/lib/format";
import { FormDialog, useFormProblem } from "@/ui/overlays/form-dialog";
import { MOST } from "./audience";
import { CampaignChoice, useCampaignChoice } from "./campaign-choice";

const SHOWN = ["name"];

/** Adds the leads to an existing or a new campaign. */
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
  const choice = useCampaignChoice();
  const gather = useMutation({
    async mutationFn() {
      const { id } = await choice.settle();
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
  return (
    <FormDialog
      title={`Add ${plural(leadIds.length, "lead")} to a campaign`}
      submit="Add to the campaign"
      busy={gather.isPending}
      problem={problem}
      onSubmit={() => gather.mutate()}
      onClose={onClose}
    >
      <CampaignChoice
        choice={choice}
        label="Campaign"
        newOne="A new one"
        nameLabel="Name"
        hint="A named list of leads that are enrolled together."
        error={problem.of("name")}
        required
      />
    </FormDialog>
  );
}
