import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { toast } from "sonner";
import { api, call } from "@/api/client";
import type { SequenceResponse, SequenceUpdate } from "@/api/schema";
import { TextArea, TextField } from "@/ui/inputs/field";
import { FormDialog, useFormProblem } from "@/ui/overlays/form-dialog";
import { SendingFields } from "./sending-fields";
import { changesOf, draftOf, type SettingsDraft } from "./settings-draft";
import { EnrollmentFields, ReplyFields, TrackingFields, VersionFields } from "./settings-fields";

/** The fields that have an input: their problems are shown beside it. */
const SHOWN = [
  "name",
  "description",
  "settings.timezone",
  "settings.send_window",
  "settings.send_window.days",
  "settings.send_window.start",
  "settings.send_window.end",
  "settings.send_window.timezone",
  "settings.send_window.holidays",
  "settings.mailbox_ids",
  "settings.auto_reply_hold_days",
  "settings.reenroll_after_days",
];

/** All settings of a sequence. */
export function SequenceSettingsDialog({
  sequence,
  open,
  onOpenChange,
}: {
  sequence: SequenceResponse;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}) {
  // Mounted only while it is open, so that it starts with the saved settings each time.
  return open ? <SettingsForm sequence={sequence} onClose={() => onOpenChange(false)} /> : null;
}

function SettingsForm({ sequence, onClose }: { sequence: SequenceResponse; onClose: () => void }) {
  const client = useQueryClient();
  const [draft, setDraft] = useState(() => draftOf(sequence));
  const save = useMutation({
    mutationFn: (body: SequenceUpdate) =>
      call(api.PUT("/sequences/{sequence_id}", { params: { path: { sequence_id: sequence.id } }, body })),
    meta: { quiet: true },
    onSuccess(saved) {
      client.invalidateQueries({ queryKey: ["sequences"] });
      client.invalidateQueries({ queryKey: ["sequence"] });
      toast.success("Settings saved", {
        description: saved.unpublished
          ? "Enrolled leads follow them once the edits are published."
          : undefined,
      });
      onClose();
    },
  });
  const problem = useFormProblem(save.error, SHOWN);
  const archived = sequence.status === "archived";

  function submit() {
    const changes = changesOf(sequence, draft);
    if (changes === null) onClose();
    else save.mutate(changes);
  }
  const set = (changed: Partial<SettingsDraft>) =>
    setDraft({ ...draft, settings: { ...draft.settings, ...changed } });
  const part = { settings: draft.settings, set, problem };
  return (
    <FormDialog
      drawer
      title="Sequence settings"
      description={archived ? "The settings of an archived sequence cannot be changed." : undefined}
      submit="Save settings"
      busy={save.isPending}
      problem={problem}
      onSubmit={submit}
      onClose={onClose}
    >
      <TextField
        label="Name"
        required
        maxLength={200}
        value={draft.name}
        error={problem.of("name")}
        onChange={(event) => setDraft({ ...draft, name: event.target.value })}
      />
      <TextArea
        label="Description"
        rows={2}
        maxLength={5000}
        hint="What it is for, for your colleagues. Leads never see it."
        value={draft.description}
        error={problem.of("description")}
        onChange={(event) => setDraft({ ...draft, description: event.target.value })}
      />
      <SendingFields {...part} />
      <ReplyFields {...part} />
      <TrackingFields {...part} />
      <EnrollmentFields {...part} />
      <VersionFields {...part} />
    </FormDialog>
  );
}
