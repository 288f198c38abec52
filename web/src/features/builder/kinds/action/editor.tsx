import { words } from "@/lib/format";
import { SelectField } from "@/ui/inputs/field";
import { Group, ProblemAt } from "../../fields/group";
import { JsonField } from "../../fields/json-field";
import { useProblem } from "../../fields/problems-context";
import { patched, textOf } from "../../model/config";
import type { EditorProps } from "../kind";
import { ACTION_FIELDS } from "./action-fields";

const LABELS: Record<string, string> = {
  update_status: "Set the lead’s status",
  mark_qualified: "Mark as qualified",
  tag_lead: "Add or remove tags",
  assign_to_user: "Assign to a user",
  notify_user: "Notify a user",
  add_to_campaign: "Add to a campaign",
  webhook: "Call a webhook",
};

export function ActionEditor({ config, onConfig }: EditorProps) {
  const action = textOf(config, "action");
  const Fields = Object.hasOwn(ACTION_FIELDS, action) ? ACTION_FIELDS[action] : undefined;
  return (
    <Group title="Action">
      <SelectField
        label="Does"
        value={action}
        error={useProblem("config.action")}
        onChange={(event) => onConfig(started(event.target.value, config.user_id))}
      >
        {!Object.hasOwn(LABELS, action) && (
          <option value={action}>{action === "" ? "Choose what it does" : words(action)}</option>
        )}
        {Object.entries(LABELS).map(([name, label]) => (
          <option key={name} value={name}>
            {label}
          </option>
        ))}
      </SelectField>
      {Fields && <Fields config={config} onChange={(changes) => onConfig(patched(config, changes))} />}
      {!Fields && action !== "" && (
        <>
          <ProblemAt path="config" />
          <JsonField
            label="Config"
            hint="An action of this installation, which the web app has no form for."
            value={config}
            onChange={(changed = {}) => onConfig(changed)}
          />
        </>
      )}
    </Group>
  );
}

/** The config for another action. It keeps nothing of the previous one but the user, if both name one. */
function started(action: string, userId: unknown): Record<string, unknown> {
  const keepsUser = ["notify_user", "assign_to_user"].includes(action) && typeof userId === "string";
  return { action, ...(keepsUser ? { user_id: userId } : {}) };
}
