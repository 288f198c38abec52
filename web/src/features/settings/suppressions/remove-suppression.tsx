import { useMutation, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { api, call } from "@/api/client";
import type { SuppressionResponse } from "@/api/schema";
import { Confirm } from "@/ui/overlays/dialog";

export function RemoveSuppression({ one, onClose }: { one: SuppressionResponse; onClose: () => void }) {
  const client = useQueryClient();
  const removing = useMutation({
    mutationFn: () =>
      call(api.DELETE("/suppressions/{suppression_id}", { params: { path: { suppression_id: one.id } } })),
    onSuccess: () => {
      toast.success(`${one.value} may be written to again`);
      onClose();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["suppressions"] }),
  });
  return (
    <Confirm
      open
      onOpenChange={onClose}
      title={`Write to ${one.value} again?`}
      description="What was stopped stays stopped. A lead whose own status is unsubscribed or bounced still is not written to."
      confirm="Remove suppression"
      busy={removing.isPending}
      onConfirm={() => removing.mutate()}
    />
  );
}
