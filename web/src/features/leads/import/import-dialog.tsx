import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button } from "@/ui/inputs/button";
import { Dialog } from "@/ui/overlays/dialog";
import { Failed } from "@/ui/page/states";
import { importLeads } from "./import-leads";
import { ImportResult } from "./import-result";
import { LeadFile, useLeadFile } from "./lead-file";

export function ImportDialog({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const lead = useLeadFile();
  const send = useMutation({
    mutationFn: (upload: File) => importLeads(upload, lead.mapping),
    meta: { quiet: true },
    onSuccess: () => client.resetQueries({ queryKey: ["leads"] }),
  });
  const take = (next: File) => {
    send.reset();
    lead.take(next);
  };
  return (
    <Dialog
      open
      wide
      onOpenChange={(open) => !open && !send.isPending && onClose()}
      title={send.data ? "Import finished" : "Import leads"}
      footer={
        send.data ? (
          <>
            <Button
              onClick={() => {
                send.reset();
                lead.forget();
              }}
            >
              Import another file
            </Button>
            <Button look="primary" onClick={onClose}>
              Done
            </Button>
          </>
        ) : (
          <>
            <Button disabled={send.isPending} onClick={onClose}>
              Cancel
            </Button>
            <Button
              look="primary"
              busy={send.isPending}
              disabled={lead.file === null}
              onClick={() => lead.file && send.mutate(lead.file)}
            >
              {send.isPending ? "Importing…" : "Import"}
            </Button>
          </>
        )
      }
    >
      {send.data ? (
        <ImportResult answer={send.data} />
      ) : (
        <>
          <LeadFile lead={lead} disabled={send.isPending} onFile={take} />
          {send.error && <Failed error={send.error} />}
        </>
      )}
    </Dialog>
  );
}
