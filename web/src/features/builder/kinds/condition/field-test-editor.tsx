import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { ChipsField } from "@/ui/inputs/chips";
import { SelectField, TextField } from "@/ui/inputs/field";
import { NumberField } from "@/ui/inputs/number-field";
import { vocabularyQuery } from "../../fields/queries";
import { testableFields } from "../../fields/templating";
import { patched, textOf, without } from "../../model/config";
import styles from "./condition.module.css";
import { type FieldTest, OPS } from "./condition-tree";
import { asKind, itemText, kindsOf, type ValueKind, valueFor, valueKind } from "./field-value";
import { OP_WORDS } from "./summary";

interface FieldTestEditorProps {
  test: FieldTest;
  onChange: (test: FieldTest) => void;
}

/** Tests a field of the lead: `{"field", "op", "value"}`. */
export function FieldTestEditor({ test, onChange }: FieldTestEditorProps) {
  const fields = useId();
  const { data } = useQuery(vocabularyQuery);
  const op = textOf(test.raw, "op");
  const change = (changes: Record<string, unknown>) => onChange({ ...test, raw: patched(test.raw, changes) });
  return (
    <>
      <div className={styles.line}>
        <div className={styles.grow}>
          <TextField
            label="Field of the lead"
            hideLabel
            placeholder="company, custom.plan"
            list={fields}
            value={textOf(test.raw, "field")}
            onChange={(event) => change({ field: event.target.value })}
          />
          <datalist id={fields}>
            {testableFields(data?.custom ?? []).map((name) => (
              <option key={name} value={name} />
            ))}
          </datalist>
        </div>
        <div className={styles.grow}>
          <SelectField
            label="Comparison"
            hideLabel
            value={op}
            onChange={(event) =>
              change({ op: event.target.value, value: valueFor(event.target.value, test.raw.value) })
            }
          >
            {!OPS.some((known) => known === op) && <option value={op}>{op || "Choose one"}</option>}
            {OPS.map((known) => (
              <option key={known} value={known}>
                {OP_WORDS[known]}
              </option>
            ))}
          </SelectField>
        </div>
      </div>
      <ValueField op={op} value={test.raw.value} onChange={(value) => change({ value })} />
    </>
  );
}

interface ValueFieldProps {
  op: string;
  value: unknown;
  onChange: (value: unknown) => void;
}

const KINDS: Record<ValueKind, string> = {
  none: "",
  text: "Text",
  number: "Number",
  yes_no: "Yes or no",
  list: "List",
  other: "As written",
};

function ValueField({ op, value, onChange }: ValueFieldProps) {
  const kind = valueKind(op, value);
  const kinds = kindsOf(op);
  if (kind === "none") return null;
  const choices = kinds.includes(kind) ? kinds : [kind, ...kinds];
  return (
    <div className={styles.line}>
      <div className={styles.grow}>
        <ValueInput kind={kind} value={value} onChange={onChange} />
      </div>
      {choices.length > 1 && (
        <div className={styles.narrow}>
          <SelectField
            label="Kind of value"
            hideLabel
            value={kind}
            onChange={(event) => {
              const chosen = choices.find((choice) => choice === event.target.value);
              if (chosen && chosen !== "other") onChange(asKind(chosen, value));
            }}
          >
            {choices.map((choice) => (
              <option key={choice} value={choice}>
                {KINDS[choice]}
              </option>
            ))}
          </SelectField>
        </div>
      )}
    </div>
  );
}

function ValueInput({
  kind,
  value,
  onChange,
}: {
  kind: ValueKind;
  value: unknown;
  onChange: ValueFieldProps["onChange"];
}) {
  switch (kind) {
    case "list": {
      const items: readonly unknown[] = Array.isArray(value) ? value : [];
      return (
        <ChipsField
          label="Values"
          hideLabel
          placeholder="Values, each with Enter"
          items={items.map(itemText)}
          onAdd={(item) => onChange([...items, item])}
          onRemove={(index) => onChange(without(items, index))}
        />
      );
    }
    case "number":
      return (
        <NumberField
          label="Value"
          hideLabel
          fractions
          value={typeof value === "number" ? value : undefined}
          onChange={(number = 0) => onChange(number)}
        />
      );
    case "yes_no":
      return (
        <SelectField
          label="Value"
          hideLabel
          value={String(value)}
          onChange={(event) => onChange(event.target.value === "true")}
        >
          <option value="true">Yes</option>
          <option value="false">No</option>
        </SelectField>
      );
    case "other":
      return <code className={styles.kept}>{JSON.stringify(value)}</code>;
    default:
      return (
        <TextField
          label="Value"
          hideLabel
          placeholder="Value"
          value={typeof value === "string" ? value : ""}
          onChange={(event) => onChange(event.target.value)}
        />
      );
  }
}
