import { useMutation, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { api, call } from "@/api/client";
import type { MailboxResponse } from "@/api/schema";
import { Confirm } from "@/ui/overlays/dialog";
import { Failed } from "@/ui/page/states";

export function DeleteMailbox({
  mailbox,
  onClose,
  onDeleted,
}: {
  mailbox: MailboxResponse;
  onClose: () => void;
  onDeleted: () => void;
}) {
  const client = useQueryClient();
  const deleting = useMutation({
    mutationFn: () =>
      call(api.DELETE("/mailboxes/{mailbox_id}", { params: { path: { mailbox_id: mailbox.id } } })),
    onSuccess: () => {
      toast.success(`${mailbox.email} was deleted`);
      onDeleted();
    },
    onSettled: () =>
      client.invalidateQueries({
        queryKey: ["mailboxes"],
        // The deleted mailbox itself must not be loaded again.
        predicate: ({ queryKey }) => queryKey[1] !== mailbox.id,
      }),
    meta: { quiet: true },
  });
  return (
    <Confirm
      open
      onOpenChange={onClose}
      title={`Delete ${mailbox.email}?`}
      description="Its history stays. A mailbox that live enrollments use cannot be deleted: hold it instead."
      confirm="Delete mailbox"
      busy={deleting.isPending}
      onConfirm={() => deleting.mutate()}
    >
      {deleting.error && <Failed error={deleting.error} />}
    </Confirm>
  );
}
