import { useMutation, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { api, call } from "@/api/client";
import type { ApiKeyResponse } from "@/api/schema";
import { Confirm } from "@/ui/overlays/dialog";

export function RevokeKey({ apiKey, onClose }: { apiKey: ApiKeyResponse; onClose: () => void }) {
  const client = useQueryClient();
  const revoking = useMutation({
    mutationFn: () => call(api.DELETE("/api-keys/{key_id}", { params: { path: { key_id: apiKey.id } } })),
    onSuccess: () => {
      toast.success(`“${apiKey.name}” was revoked`);
      onClose();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["api-keys"] }),
  });
  return (
    <Confirm
      open
      onOpenChange={onClose}
      title={`Revoke “${apiKey.name}”?`}
      description="Every program that uses this key is refused from now on. This cannot be undone."
      confirm="Revoke key"
      busy={revoking.isPending}
      onConfirm={() => revoking.mutate()}
    />
  );
}
