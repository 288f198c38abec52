import { useQuery } from "@tanstack/react-query";
import { type ComponentType, useId } from "react";
import { ChipsField } from "@/ui/inputs/chips";
import { Combobox } from "@/ui/inputs/combobox";
import { CheckField, TextField } from "@/ui/inputs/field";
import { Failed } from "@/ui/page/states";
import styles from "../../fields/fields.module.css";
import { JsonField } from "../../fields/json-field";
import { useProblem } from "../../fields/problems-context";
import { campaignsQuery, usersQuery, vocabularyQuery } from "../../fields/queries";
import { TemplateField } from "../../fields/template-field";
import { listOf, type Raw, rawOf, textOf, without } from "../../model/config";

/** The fields of each action, by its name. */

interface FieldsProps {
  config: Raw;
  onChange: (changes: Record<string, unknown>) => void;
}

function StatusFields({ config, onChange }: FieldsProps) {
  const known = useId();
  const { data } = useQuery(vocabularyQuery);
  return (
    <>
      <TextField
        label="Status"
        list={known}
        maxLength={100}
        value={textOf(config, "status")}
        error={useProblem("config.status")}
        hint="Any text. Conditions can test it."
        onChange={(event) => onChange({ status: event.target.value })}
      />
      <datalist id={known}>
        {(data?.statuses ?? []).map((status) => (
          <option key={status} value={status} />
        ))}
      </datalist>
    </>
  );
}

function QualifiedFields() {
  return (
    <p className={styles.hint}>
      Sets the lead’s status to “qualified”, unless the lead has unsubscribed or bounced.
    </p>
  );
}

function TagFields({ config, onChange }: FieldsProps) {
  return (
    <>
      <TagsField label="Add" name="add" config={config} onChange={onChange} />
      <TagsField label="Remove" name="remove" config={config} onChange={onChange} />
    </>
  );
}

function TagsField({ label, name, config, onChange }: FieldsProps & { label: string; name: string }) {
  const tags = listOf(config, name).map(String);
  const set = (next: readonly string[]) => onChange({ [name]: next.length === 0 ? undefined : next });
  return (
    <ChipsField
      label={label}
      items={tags}
      placeholder="A tag, then Enter"
      error={useProblem(`config.${name}`)}
      onAdd={(tag) => set([...tags, tag])}
      onRemove={(index) => set(without(tags, index))}
    />
  );
}

function UserField({ config, onChange }: FieldsProps) {
  const users = useQuery(usersQuery);
  const options = (users.data ?? []).map((user) => ({
    value: user.id,
    label: user.name || user.email,
    ...(user.name ? { note: user.email } : {}),
  }));
  return (
    <>
      {users.error && <Failed error={users.error} retry={users.refetch} />}
      <Combobox
        label="User"
        options={options}
        value={textOf(config, "user_id")}
        placeholder={placeholderOf(users, "user")}
        error={useProblem("config.user_id")}
        onChange={(user_id) => onChange({ user_id })}
      />
    </>
  );
}

function placeholderOf({ data }: { data: readonly unknown[] | undefined }, noun: string): string {
  if (data === undefined) return "Loading…";
  return data.length === 0 ? `There is no ${noun} yet` : `Choose a ${noun}`;
}

function NotifyFields({ config, onChange }: FieldsProps) {
  return (
    <>
      <UserField config={config} onChange={onChange} />
      <TemplateField
        label="Message"
        rows={4}
        maxLength={2000}
        value={textOf(config, "message")}
        error={useProblem("config.message")}
        onChange={(message) => onChange({ message })}
      />
    </>
  );
}

function CampaignFields({ config, onChange }: FieldsProps) {
  const campaigns = useQuery(campaignsQuery);
  const options = (campaigns.data ?? []).map((campaign) => ({ value: campaign.id, label: campaign.name }));
  return (
    <>
      {campaigns.error && <Failed error={campaigns.error} retry={campaigns.refetch} />}
      <Combobox
        label="Campaign"
        options={options}
        value={textOf(config, "campaign_id")}
        placeholder={placeholderOf(campaigns, "campaign")}
        error={useProblem("config.campaign_id")}
        hint="The lead is enrolled in the campaign’s sequence, if that is active."
        onChange={(campaign_id) => onChange({ campaign_id })}
      />
      <CheckField
        label="End this sequence for the lead"
        hint="It stops as “moved to campaign”; the steps below do not run."
        checked={config.stop_current === true}
        onChange={(event) => onChange({ stop_current: event.target.checked || undefined })}
      />
    </>
  );
}

function WebhookFields({ config, onChange }: FieldsProps) {
  return (
    <>
      <TextField
        label="URL"
        type="url"
        placeholder="https://crm.example.com/hooks/lead"
        value={textOf(config, "url")}
        error={useProblem("config.url")}
        hint="A signed POST, repeated until the URL answers 2xx."
        onChange={(event) => onChange({ url: event.target.value })}
      />
      <JsonField
        label="Body"
        optional
        hint="If empty: the lead, the enrollment, the sequence and the step. Texts may contain {{ fields }}."
        value={rawOf(config, "body")}
        error={useProblem("config.body")}
        onChange={(body) => onChange({ body })}
      />
    </>
  );
}

export const ACTION_FIELDS: Record<string, ComponentType<FieldsProps>> = {
  update_status: StatusFields,
  mark_qualified: QualifiedFields,
  tag_lead: TagFields,
  assign_to_user: UserField,
  notify_user: NotifyFields,
  add_to_campaign: CampaignFields,
  webhook: WebhookFields,
};
