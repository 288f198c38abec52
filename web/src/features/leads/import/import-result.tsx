import type { LeadImportResponse } from "@/api/schema";
import { count, plural } from "@/lib/format";
import { asSentence } from "@/lib/sentence";
import { Stat, Stats } from "@/ui/data/stat";
import { Table } from "@/ui/data/table";
import styles from "./import.module.css";

const SHOWN = 200;

export function ImportResult({ answer }: { answer: LeadImportResponse }) {
  return (
    <>
      <Stats>
        <Stat label="Created" value={count(answer.created)} />
        <Stat label="Updated" value={count(answer.updated)} />
        <Stat label="Rejected" value={count(answer.rejected_count)} />
        <Stat label="Warnings" value={count(answer.warnings_count)} />
      </Stats>
      {answer.rejected_count > 0 && (
        <section className={styles.rows}>
          <h3>{plural(answer.rejected_count, "row")} rejected</h3>
          <Table label="Rejected rows">
            <thead>
              <tr>
                <th className="numeric">Row</th>
                <th>Address</th>
                <th>Why</th>
              </tr>
            </thead>
            <tbody>
              {answer.rejected.slice(0, SHOWN).map((row) => (
                <tr key={row.row}>
                  <td className="numeric">{count(row.row)}</td>
                  <td className={styles.address}>{row.email || <span className="muted">–</span>}</td>
                  <td>{asSentence(row.detail)}</td>
                </tr>
              ))}
            </tbody>
          </Table>
          <Rest of={answer.rejected_count} />
        </section>
      )}
      {answer.warnings_count > 0 && (
        <section className={styles.rows}>
          <h3>Imported, with {plural(answer.warnings_count, "warning")}</h3>
          <Table label="Warnings">
            <thead>
              <tr>
                <th className="numeric">Row</th>
                <th>Warning</th>
              </tr>
            </thead>
            <tbody>
              {answer.warnings.slice(0, SHOWN).map((row) => (
                <tr key={`${row.row} ${row.code} ${row.detail}`}>
                  <td className="numeric">{count(row.row)}</td>
                  <td>{asSentence(row.detail)}</td>
                </tr>
              ))}
            </tbody>
          </Table>
          <Rest of={answer.warnings_count} />
        </section>
      )}
    </>
  );
}

function Rest({ of }: { of: number }) {
  return of > SHOWN ? <p className="muted">These are the first {SHOWN}.</p> : null;
}
