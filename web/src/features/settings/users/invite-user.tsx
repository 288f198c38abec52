import { useMutation } from "@tanstack/react-query";
import { api, call } from "@/api/client";
import type { UserResponse } from "@/api/schema";
import { absoluteTime } from "@/lib/format";
import { Copyable } from "@/ui/data/copyable";
import { Button } from "@/ui/inputs/button";
import { Confirm, Dialog } from "@/ui/overlays/dialog";

/** Creates the link by which the person sets a password, the first one or a new one. */
export function InviteUser({ user, onClose }: { user: UserResponse; onClose: () => void }) {
  const inviting = useMutation({
    mutationFn: () =>
      call(api.POST("/users/{user_id}/invitations", { params: { path: { user_id: user.id } } })),
  });
  const name = user.name || user.email;
  if (inviting.data) {
    return (
      <Dialog
        open
        onOpenChange={onClose}
        title="Copy the link now"
        description={`It is shown only now and is for ${name} alone: whoever opens it sets the password. It is valid once, until ${absoluteTime(inviting.data.expires_at)}.`}
        footer={
          <Button look="primary" onClick={onClose}>
            I have copied it
          </Button>
        }
      >
        <Copyable label={`Invitation of ${name}`} value={inviting.data.url} />
      </Dialog>
    );
  }
  return (
    <Confirm
      open
      onOpenChange={onClose}
      title={user.password_set_at ? `Let ${name} set another password?` : `Invite ${name}?`}
      description="You get a link to pass on. Earlier links are no longer valid. The present password stays valid until another one is set."
      confirm="Create the link"
      busy={inviting.isPending}
      onConfirm={() => inviting.mutate()}
    />
  );
}
