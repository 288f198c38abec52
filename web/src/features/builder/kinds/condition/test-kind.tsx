import { words } from "@/lib/format";
import { SelectField } from "@/ui/inputs/field";
import { LEAVES, newFieldTest, renamedLeaf, type Test } from "./condition-tree";

const FIELD = "field test";

const LABELS: Record<(typeof LEAVES)[number], string> = {
  replied: "The lead replied",
  not_replied: "The lead did not reply",
  opened: "The lead opened an email",
  not_opened: "The lead did not open an email",
  clicked: "The lead clicked a link",
  not_clicked: "The lead did not click a link",
  bounced: "An email bounced",
  unsubscribed: "The lead unsubscribed",
  always: "Always",
};

type Single = Exclude<Test, { kind: "group" | "not" }>;

/** Chooses what a single test is about. A name that the browser does not know (one from docs/extending.md) is
 * kept. */
export function TestKind({
  test,
  error,
  onChange,
}: {
  test: Single;
  error: string | undefined;
  onChange: (test: Test) => void;
}) {
  const name = test.kind === "leaf" ? test.name : test.kind === "field" ? FIELD : "";
  const known = name === "" || name === FIELD || LEAVES.some((leaf) => leaf === name);
  function choose(next: string) {
    if (next === FIELD) onChange(newFieldTest());
    else
      onChange(
        renamedLeaf(test.kind === "leaf" ? test : { kind: "leaf", name: next, prefixed: false }, next),
      );
  }
  return (
    <SelectField
      label="Condition"
      hideLabel
      value={name}
      error={error}
      onChange={(event) => choose(event.target.value)}
    >
      {name === "" && <option value="">Written by hand</option>}
      {!known && <option value={name}>{words(name)}</option>}
      <optgroup label="What happened">
        {LEAVES.map((leaf) => (
          <option key={leaf} value={leaf}>
            {LABELS[leaf]}
          </option>
        ))}
      </optgroup>
      <optgroup label="Who the lead is">
        <option value={FIELD}>A field of the lead…</option>
      </optgroup>
    </SelectField>
  );
}
