import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { toast } from "sonner";
import { api, call, once } from "@/api/client";
import { ApiProblem } from "@/api/problem";
import { Button } from "@/ui/inputs/button";
import { Dialog } from "@/ui/overlays/dialog";
import { FormFaults } from "./form-problem";
import { LeadForm } from "./lead-form";
import { emptyLead, mistakeIn, toCreate } from "./lead-values";

export function CreateLeadDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  return open ? <CreateLead onClose={onClose} /> : null;
}

function CreateLead({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [values, setValues] = useState(emptyLead);
  const create = useMutation({
    mutationFn: async () => {
      const mistake = mistakeIn(values);
      if (mistake)
        throw new ApiProblem(422, "invalid_form", mistake.detail, [{ ...mistake, code: "invalid" }]);
      return call(api.POST("/leads", { params: { header: once() }, body: toCreate(values) }));
    },
    meta: { quiet: true },
    onSuccess: (lead) => {
      client.resetQueries({ queryKey: ["leads"] });
      toast.success(`${lead.name || lead.email} was created`, {
        action: {
          label: "Open",
          onClick: () => navigate({ to: "/app/leads/$leadId", params: { leadId: lead.id } }),
        },
      });
      onClose();
    },
  });
  const faults = create.error instanceof ApiProblem ? create.error.fields : [];
  return (
    <Dialog
      open
      drawer
      onOpenChange={(open) => !open && onClose()}
      title="New lead"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form="create-lead" busy={create.isPending}>
            Create lead
          </Button>
        </>
      }
    >
      <FormFaults error={create.error} />
      <LeadForm
        id="create-lead"
        values={values}
        onChange={setValues}
        onSubmit={() => create.mutate()}
        faults={faults}
      />
    </Dialog>
  );
}
