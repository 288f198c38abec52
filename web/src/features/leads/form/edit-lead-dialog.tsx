import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ApiProblem } from "@/api/problem";
import type { LeadResponse } from "@/api/schema";
import { Button } from "@/ui/inputs/button";
import { Dialog } from "@/ui/overlays/dialog";
import { useChangeLead } from "../change-lead";
import { FormFaults } from "./form-problem";
import { LeadForm } from "./lead-form";
import { mistakeIn, toUpdate, valuesOf } from "./lead-values";

/** Edits the lead as it was when the form was opened: a refresh does not change what is being typed. */
export function EditLeadDialog({ lead, onClose }: { lead: LeadResponse; onClose: () => void }) {
  const [before] = useState(lead);
  const [values, setValues] = useState(() => valuesOf(lead));
  const change = useChangeLead(lead.id, { quiet: true });
  const save = useMutation({
    mutationFn: async () => {
      const mistake = mistakeIn(values);
      if (mistake)
        throw new ApiProblem(422, "invalid_form", mistake.detail, [{ ...mistake, code: "invalid" }]);
      return change.mutateAsync(toUpdate(values, before));
    },
    meta: { quiet: true },
    onSuccess: onClose,
  });
  const faults = save.error instanceof ApiProblem ? save.error.fields : [];
  return (
    <Dialog
      open
      drawer
      onOpenChange={(open) => !open && onClose()}
      title="Edit lead"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form="edit-lead" busy={save.isPending}>
            Save
          </Button>
        </>
      }
    >
      <FormFaults error={save.error} />
      <LeadForm
        id="edit-lead"
        values={values}
        onChange={setValues}
        onSubmit={() => save.mutate()}
        faults={faults}
      />
    </Dialog>
  );
}
