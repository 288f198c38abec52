import { useState } from "react";
import type { ReplyRequest } from "@/api/schema";
import { Button } from "@/ui/inputs/button";
import { TextArea, TextField } from "@/ui/inputs/field";
import { Dialog } from "@/ui/overlays/dialog";

export function ReplyDialog({
  away,
  busy,
  onClose,
  onSend,
}: {
  away: boolean;
  busy: boolean;
  onClose: () => void;
  onSend: (body: ReplyRequest) => void;
}) {
  const [text, setText] = useState(
    away ? "I am out of the office." : "Sounds interesting. Call me on Tuesday?",
  );
  const [back, setBack] = useState("");
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={away ? "Answer with an out-of-office note" : "Reply as the lead"}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="primary"
            busy={busy}
            disabled={!text.trim()}
            onClick={() =>
              onSend(away ? { text, auto_reply: { returns_on: back || null } } : { text, auto_reply: false })
            }
          >
            Send
          </Button>
        </>
      }
    >
      <TextArea label="Text" value={text} onChange={(event) => setText(event.target.value)} />
      {away && (
        <TextField
          label="Back on"
          type="date"
          hint="If empty, the sequence's number of days counts."
          value={back}
          onChange={(event) => setBack(event.target.value)}
        />
      )}
    </Dialog>
  );
}
