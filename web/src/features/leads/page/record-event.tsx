import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ChevronDown } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { api, call } from "@/api/client";
import { Button } from "@/ui/inputs/button";
import { TextField } from "@/ui/inputs/field";
import { Dialog } from "@/ui/overlays/dialog";
import { Menu, MenuItem, MenuLine } from "@/ui/overlays/menu";
import { Failed } from "@/ui/page/states";
import { recordedSentence } from "../timeline/sentences";
import type { LeadEvent } from "./lead-event";

/** Records by hand what the lead did, for example on the telephone. */
export function RecordEvent({ leadId }: { leadId: string }) {
  const client = useQueryClient();
  const [asking, setAsking] = useState<"custom" | "auto_reply" | null>(null);
  const record = useMutation({
    mutationFn: (event: LeadEvent) =>
      call(api.POST("/leads/{lead_id}/events", { params: { path: { lead_id: leadId } }, body: event })),
    onSuccess: (answer) => {
      toast.success(recordedSentence(answer));
      setAsking(null);
      client.invalidateQueries({ queryKey: ["lead", leadId] });
    },
  });
  const item = (label: string, event: LeadEvent, danger = false) => (
    <MenuItem danger={danger} onSelect={() => record.mutate(event)}>
      {label}
    </MenuItem>
  );
  return (
    <>
      <Menu
        trigger={
          <Button busy={record.isPending}>
            Record <ChevronDown />
          </Button>
        }
      >
        {item("Replied", { type: "reply" })}
        {item("Opened the last email", { type: "open", machine: false })}
        {item("Clicked a link", { type: "click", machine: false })}
        <MenuItem onSelect={() => setAsking("auto_reply")}>Is out of office…</MenuItem>
        <MenuItem onSelect={() => setAsking("custom")}>Did something else…</MenuItem>
        <MenuLine />
        {item("Soft bounce", { type: "bounce", hard: false })}
        {item("Hard bounce", { type: "bounce", hard: true }, true)}
        {item("Unsubscribed", { type: "unsubscribe" }, true)}
        {item("Complained (marked as spam)", { type: "complaint" }, true)}
      </Menu>
      {asking && (
        <AskMore
          kind={asking}
          busy={record.isPending}
          error={record.error}
          onClose={() => {
            record.reset();
            setAsking(null);
          }}
          onRecord={(event) => record.mutate(event)}
        />
      )}
    </>
  );
}

function AskMore({
  kind,
  busy,
  error,
  onClose,
  onRecord,
}: {
  kind: "custom" | "auto_reply";
  busy: boolean;
  error: unknown;
  onClose: () => void;
  onRecord: (event: LeadEvent) => void;
}) {
  const [value, setValue] = useState("");
  const custom = kind === "custom";
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={custom ? "What did the lead do?" : "Out of office"}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="primary"
            type="submit"
            form="record-event"
            busy={busy}
            disabled={custom && !value.trim()}
          >
            Record
          </Button>
        </>
      }
    >
      <form
        id="record-event"
        onSubmit={(event) => {
          event.preventDefault();
          if (custom) onRecord({ type: "custom", name: value.trim() });
          else onRecord({ type: "auto_reply", returns_on: value || null });
        }}
      >
        {custom ? (
          <TextField
            label="Event"
            hint="A step that waits for an event of this name continues at once."
            placeholder="demo_booked"
            maxLength={100}
            value={value}
            onChange={(event) => setValue(event.target.value)}
          />
        ) : (
          <TextField
            label="First day back"
            type="date"
            hint="If empty, the sequence's number of days counts."
            value={value}
            onChange={(event) => setValue(event.target.value)}
          />
        )}
      </form>
      {error != null && <Failed error={error} />}
    </Dialog>
  );
}
