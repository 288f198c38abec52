import { useMutation, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { api, call } from "@/api/client";
import type { MailboxResponse } from "@/api/schema";
import { Button } from "@/ui/inputs/button";

/** Holds or releases a mailbox. While it is held, everything that it would send waits; a release resets its
 * breakers. */
export function HoldButton({ mailbox }: { mailbox: MailboxResponse }) {
  const client = useQueryClient();
  const status = mailbox.status === "held" ? "active" : "held";
  const moving = useMutation({
    mutationFn: () =>
      call(
        api.PATCH("/mailboxes/{mailbox_id}", {
          params: { path: { mailbox_id: mailbox.id } },
          body: { status },
        }),
      ),
    onSuccess: () =>
      toast.success(
        status === "held"
          ? `${mailbox.email} is held`
          : `${mailbox.email} sends again, with everything that waited`,
      ),
    onSettled: () => client.invalidateQueries({ queryKey: ["mailboxes"] }),
  });
  return (
    <Button
      look={status === "active" ? "primary" : "secondary"}
      busy={moving.isPending}
      onClick={() => moving.mutate()}
    >
      {status === "held" ? "Hold" : "Release"}
    </Button>
  );
}
