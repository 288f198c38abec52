import { words } from "@/lib/format";
import fields from "../../fields/fields.module.css";
import { Group } from "../../fields/group";
import { JsonField } from "../../fields/json-field";
import { useProblem } from "../../fields/problems-context";
import type { EditorProps } from "../kind";

/** The config of a step type that the browser has no form for, as JSON. */
export function UnknownEditor({ step, config, onConfig }: EditorProps) {
  return (
    <Group title={words(step.type)}>
      <p className={fields.hint}>
        “{step.type}” is a step type of this installation. The web app has no form for it: edit its
        configuration as JSON. The server checks it.
      </p>
      <JsonField
        label="Configuration"
        value={config}
        error={useProblem("config")}
        onChange={(changed = {}) => onConfig(changed)}
      />
    </Group>
  );
}
