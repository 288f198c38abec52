import { SelectField } from "@/ui/inputs/field";
import { AUTOMATIC, CUSTOM, LEFT_OUT, TARGETS } from "./csv-header";
import styles from "./import.module.css";

/** Maps each column of the file. A column that is left alone is mapped by the server, by its name. */
export function ImportColumns({
  columns,
  chosen,
  onChoose,
}: {
  columns: readonly string[];
  chosen: Readonly<Record<string, string>>;
  onChoose: (column: string, target: string) => void;
}) {
  return (
    <details className={styles.columns}>
      <summary>
        {columns.length} columns{" "}
        <span className={styles.aside}>mapped by their names; change those that are wrong</span>
      </summary>
      <div className={styles.pairs}>
        {[...new Set(columns)].map((column) => (
          <div key={column} className={styles.pair}>
            <span title={column}>{column}</span>
            <SelectField
              label={`What ${column} is for`}
              hideLabel
              value={chosen[column] ?? AUTOMATIC}
              onChange={(event) => onChoose(column, event.target.value)}
            >
              <option value={AUTOMATIC}>By its name</option>
              {TARGETS.map(([value, label]) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
              <option value={CUSTOM}>A custom field</option>
              <option value={LEFT_OUT}>Leave it out</option>
            </SelectField>
          </div>
        ))}
      </div>
    </details>
  );
}
