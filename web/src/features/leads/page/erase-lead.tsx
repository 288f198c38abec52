import { useMutation } from "@tanstack/react-query";
import type { LeadResponse } from "@/api/schema";
import { Confirm } from "@/ui/overlays/dialog";
import { Failed } from "@/ui/page/states";
import { eraseLead } from "../change-lead";

export function EraseLead({
  lead,
  onClose,
  onErased,
}: {
  lead: LeadResponse;
  onClose: () => void;
  onErased: () => void;
}) {
  const erase = useMutation({
    mutationFn: () => eraseLead(lead.id),
    meta: { quiet: true },
    onSuccess: onErased,
  });
  return (
    <Confirm
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Erase ${lead.name || lead.email}?`}
      description="Every enrollment is stopped, and the lead and its history are erased permanently. A suppression of the address stays, so that it gets no more email."
      confirm="Erase"
      busy={erase.isPending}
      onConfirm={() => erase.mutate()}
    >
      {erase.error && <Failed error={erase.error} />}
    </Confirm>
  );
}
