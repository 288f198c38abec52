import { Plus, Trash2 } from "lucide-react";
import { rate } from "@/lib/format";
import { Button } from "@/ui/inputs/button";
import { CheckField, TextField } from "@/ui/inputs/field";
import { NumberField } from "@/ui/inputs/number-field";
import panelStyles from "../../fields/fields.module.css";
import { ProblemAt, ProblemDot } from "../../fields/group";
import { useProblem } from "../../fields/problems-context";
import { numberOf, patched, places, type Raw, rawOf, textOf } from "../../model/config";
import { type Part, sharesOf } from "./content";
import styles from "./email.module.css";

const MOST = 10;

interface VariantTabsProps {
  variants: readonly Raw[];
  part: Part;
  onPart: (part: Part) => void;
  onAdd: () => void;
}

/** Chooses which texts are edited, and shows how many leads get each variant. */
export function VariantTabs({ variants, part, onPart, onAdd }: VariantTabsProps) {
  const shares = sharesOf(variants);
  return (
    <div className={styles.variants}>
      {variants.length > 0 && (
        <fieldset className={styles.parts}>
          <legend className="visually-hidden">Wording</legend>
          <PartButton pressed={part === "own"} paths={OWN_PATHS} onPress={() => onPart("own")}>
            Shared
          </PartButton>
          {places(variants).map((place, index) => (
            <PartButton
              key={place}
              pressed={part === index}
              paths={[`config.variants[${index}]`]}
              onPress={() => onPart(index)}
            >
              {textOf(variants[index] ?? {}, "name") || "No name"}
              <span className={styles.share}>{percentOf(shares[index])}</span>
            </PartButton>
          ))}
        </fieldset>
      )}
      <Button look="quiet" size="sm" disabled={variants.length >= MOST} onClick={onAdd}>
        <Plus aria-hidden="true" />
        {variants.length === 0 ? "Test variants" : "Variant"}
      </Button>
    </div>
  );
}

const OWN_PATHS = ["config.subject", "config.body_text", "config.body_html"];

function PartButton({
  pressed,
  paths,
  onPress,
  children,
}: {
  pressed: boolean;
  paths: readonly string[];
  onPress: () => void;
  children: React.ReactNode;
}) {
  return (
    <button type="button" className={styles.part} aria-pressed={pressed} onClick={onPress}>
      {children}
      <ProblemDot paths={paths} />
    </button>
  );
}

interface VariantFieldsProps {
  variants: readonly Raw[];
  index: number;
  onChange: (changes: Record<string, unknown>) => void;
  onRemove: () => void;
}

export function VariantFields({ variants, index, onChange, onRemove }: VariantFieldsProps) {
  const variant = variants[index] ?? {};
  const name = textOf(variant, "name");
  const path = `config.variants[${index}]`;
  const share = sharesOf(variants)[index];
  return (
    <div className={styles.variant}>
      <TextField
        label="Name"
        value={name}
        maxLength={100}
        error={useProblem(`${path}.name`)}
        onChange={(event) => onChange({ name: event.target.value })}
      />
      <NumberField
        label="Weight"
        min={0}
        max={1000}
        value={numberOf(variant, "weight") ?? 1}
        error={useProblem(`${path}.weight`)}
        hint={share === 0 ? "sent to nobody" : `${percentOf(share)} of leads`}
        onChange={(weight) => onChange({ weight })}
      />
      <Button look="quiet" icon aria-label={`Remove the variant ${name}`} onClick={onRemove}>
        <Trash2 aria-hidden="true" />
      </Button>
      <ProblemAt path={path} />
    </div>
  );
}

interface WinnerFieldsProps {
  config: Raw;
  onChange: (changes: Record<string, unknown>) => void;
}

/** The settings for an automatic winner. */
export function WinnerFields({ config, onChange }: WinnerFieldsProps) {
  const winner = rawOf(config, "auto_winner");
  return (
    <div className={panelStyles.fields}>
      <CheckField
        label="Choose the best variant automatically"
        hint="The one with the most replies, once that is certain enough."
        checked={winner !== undefined}
        onChange={(event) => onChange({ auto_winner: event.target.checked ? {} : undefined })}
      />
      <ProblemAt path="config.auto_winner" />
      {winner !== undefined && (
        <WinnerNumbers
          winner={winner}
          onChange={(changes) => onChange({ auto_winner: patched(winner, changes) })}
        />
      )}
    </div>
  );
}

function WinnerNumbers({ winner, onChange }: { winner: Raw; onChange: WinnerFieldsProps["onChange"] }) {
  return (
    <div className={panelStyles.pair}>
      <NumberField
        label="Emails per variant, at least"
        min={1}
        max={1_000_000}
        placeholder="100"
        value={numberOf(winner, "min_sample")}
        error={useProblem("config.auto_winner.min_sample")}
        onChange={(min_sample) => onChange({ min_sample })}
      />
      <NumberField
        label="Certainty (%)"
        fractions
        min={50}
        max={100}
        placeholder="95"
        value={percent(numberOf(winner, "certainty"))}
        error={useProblem("config.auto_winner.certainty")}
        onChange={(certainty) =>
          onChange({ certainty: certainty === undefined ? undefined : exact(certainty / 100) })
        }
      />
    </div>
  );
}

function percentOf(share = 0): string {
  return rate(Math.round(share * 100) / 100);
}

function percent(share: number | undefined): number | undefined {
  return share === undefined ? undefined : exact(share * 100);
}

/** Removes rounding errors of binary fractions: 57 instead of 56.99999999999999. */
function exact(number: number): number {
  return Number(number.toPrecision(12));
}
