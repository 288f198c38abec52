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
      toast.success(`${one.value} can get email again`);
      onClose();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["suppressions"] }),
  });
  return (
    <Confirm
      open
      onOpenChange={onClose}
      title={`Write to ${one.value} again?`}
      description="Stopped enrollments stay stopped. A lead whose status is unsubscribed or bounced still gets no email."
      confirm="Remove suppression"
      busy={removing.isPending}
      onConfirm={() => removing.mutate()}
    />
  );
}
