import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { toast } from "sonner";
import { api, call, once } from "@/api/client";
import type { SuppressionResponse } from "@/api/schema";
import { TextField } from "@/ui/inputs/field";
import { FormDialog, useFormProblem } from "@/ui/overlays/form-dialog";

const SHOWN = ["value", "reason"];

export function AddSuppression({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const [value, setValue] = useState("");
  const [reason, setReason] = useState("");
  const [intention] = useState(once);
  const kind = value.includes("@") ? "address" : "domain";
  const adding = useMutation({
    mutationFn: () =>
      call<SuppressionResponse>(
        api.POST("/suppressions", {
          params: { header: intention },
          body: { kind, value, reason: reason.trim() || "manual" },
        }),
      ),
    onSuccess: (made) => {
      toast.success(`${made.value} is suppressed`);
      onClose();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["suppressions"] }),
    meta: { quiet: true },
  });
  const problem = useFormProblem(adding.error, SHOWN);
  return (
    <FormDialog
      onClose={onClose}
      title="Suppress"
      description="Live enrollments of the address or domain stop at once."
      submit="Suppress"
      busy={adding.isPending}
      problem={problem}
      onSubmit={() => adding.mutate()}
    >
      <TextField
        label="Address or domain"
        hint={
          kind === "domain" && value !== ""
            ? "A domain, with all its subdomains."
            : "ada@acme.example, or acme.example with all its subdomains."
        }
        value={value}
        autoCapitalize="none"
        spellCheck={false}
        error={problem.of("value")}
        onChange={(event) => setValue(event.target.value)}
      />
      <TextField
        label="Reason"
        placeholder="manual"
        value={reason}
        error={problem.of("reason")}
        onChange={(event) => setReason(event.target.value)}
      />
    </FormDialog>
  );
}
