import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { ProblemField } from "@/api/schema";
import { CheckField, SelectField } from "@/ui/inputs/field";
import { Group, ProblemAt } from "../../fields/group";
import { useProblem } from "../../fields/problems-context";
import { mailboxesQuery } from "../../fields/queries";
import { patched, replaced, textOf, without } from "../../model/config";
import type { EditorProps } from "../kind";
import { contentOf, type Part, threadSubject, variantsOf, withVariant } from "./content";
import { EmailPreview } from "./preview";
import { useMessagePreview, usePreviewLead } from "./use-message-preview";
import { VariantFields, VariantTabs, WinnerFields } from "./variants";
import { EmailWording } from "./wording";

export function EmailEditor({ sequenceId, step, steps, config, onConfig }: EditorProps) {
  const [chosen, setPart] = useState<Part>("own");
  const [leadId, chooseLead] = usePreviewLead();
  const variants = variantsOf(config);
  const part = chosen !== "own" && chosen < variants.length ? chosen : "own";
  const threaded = config.reply_in_thread === true;
  const mailboxId = textOf(config, "mailbox_id");
  const preview = useMessagePreview(sequenceId, leadId, {
    ...contentOf(config, part),
    earlier_subject: threaded ? threadSubject(step, steps) : null,
    mailbox_id: mailboxId || null,
  });

  const change = (changes: Record<string, unknown>) => onConfig(patched(config, changes));
  const setVariants = (next: readonly unknown[]) =>
    change({
      variants: next.length === 0 ? undefined : next,
      // An automatic winner needs at least two variants.
      ...(next.length < 2 ? { auto_winner: undefined } : {}),
    });
  function add() {
    const next = withVariant(variants);
    setVariants(next);
    setPart(next.length - 1);
  }
  function remove(index: number) {
    setVariants(without(variants, index));
    setPart("own");
  }
  const setPartOf = (index: number, changes: Record<string, unknown>) =>
    setVariants(replaced(variants, index, patched(variants[index] ?? {}, changes)));
  return (
    <>
      <Group title="Message">
        <VariantTabs variants={variants} part={part} onPart={setPart} onAdd={add} />
        <ProblemAt path="config.variants" />
        {part !== "own" && (
          <VariantFields
            variants={variants}
            index={part}
            onChange={(changes) => setPartOf(part, changes)}
            onRemove={() => remove(part)}
          />
        )}
        <EmailWording
          key={part}
          config={config}
          part={part}
          threaded={threaded}
          errors={templateErrors(preview.data?.errors ?? [])}
          onChange={(changes) => (part === "own" ? change(changes) : setPartOf(part, changes))}
        />
        {variants.length > 1 && <WinnerFields config={config} onChange={change} />}
      </Group>
      <Group title="Sending">
        <CheckField
          label="Reply in the thread"
          hint="Sent as a reply to the last email of this sequence, from the same mailbox, with the subject of the thread."
          checked={threaded}
          onChange={(event) => change({ reply_in_thread: event.target.checked || undefined })}
        />
        <ProblemAt path="config.reply_in_thread" />
        <MailboxField value={mailboxId} onChange={(id) => change({ mailbox_id: id || undefined })} />
      </Group>
      <EmailPreview leadId={leadId} preview={preview} onLead={chooseLead} />
    </>
  );
}

/** Errors that concern every lead. What only the chosen lead lacks is shown in the preview. */
function templateErrors(errors: readonly ProblemField[]): ProblemField[] {
  return errors.filter((error) => error.code !== "merge_field_missing");
}

function MailboxField({ value, onChange }: { value: string; onChange: (id: string) => void }) {
  const { data: mailboxes = [], isPending } = useQuery(mailboxesQuery);
  const known = value === "" || mailboxes.some((mailbox) => mailbox.id === value);
  return (
    <SelectField
      label="From"
      value={value}
      error={useProblem("config.mailbox_id")}
      onChange={(event) => onChange(event.target.value)}
    >
      <option value="">The mailbox that is assigned to the lead</option>
      {!known && (
        <option value={value}>{isPending ? "Loading…" : `${value} (there is no such mailbox)`}</option>
      )}
      {mailboxes.map((mailbox) => (
        <option key={mailbox.id} value={mailbox.id}>
          {mailbox.name ? `${mailbox.name} <${mailbox.email}>` : mailbox.email}
        </option>
      ))}
    </SelectField>
  );
}
