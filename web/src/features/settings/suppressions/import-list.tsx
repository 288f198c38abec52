import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, call } from "@/api/client";
import type { ListTakenResponse } from "@/api/schema";
import { count, plural } from "@/lib/format";
import { Stat, Stats } from "@/ui/data/stat";
import { Table } from "@/ui/data/table";
import { Button } from "@/ui/inputs/button";
import { FileDrop } from "@/ui/inputs/file-drop";
import { Dialog } from "@/ui/overlays/dialog";
import { FormDialog, useFormProblem } from "@/ui/overlays/form-dialog";

const SHOWN: readonly string[] = [];
const ROWS_SHOWN = 200;

export function ImportList({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const [file, setFile] = useState<File | null>(null);
  const taking = useMutation({
    mutationFn: (list: File) => {
      const form = new FormData();
      form.set("file", list);
      return call<ListTakenResponse>(
        api.POST("/suppressions/import", {
          // The file itself is the body; the generated type describes it as a string.
          body: { file: "" },
          bodySerializer: () => form,
        }),
      );
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["suppressions"] }),
    meta: { quiet: true },
  });
  const problem = useFormProblem(taking.error, SHOWN);
  if (taking.data) return <Taken taken={taking.data} onClose={onClose} />;
  return (
    <FormDialog
      onClose={onClose}
      title="Import suppressions"
      description="One address or domain per line, or a CSV with a column value, email or domain, and optionally reason. Importing a list again changes nothing."
      submit="Import"
      busy={taking.isPending}
      disabled={file === null}
      problem={problem}
      onSubmit={() => file && taking.mutate(file)}
    >
      <FileDrop
        label="List of suppressions"
        accept=".csv,.txt,text/csv,text/plain"
        file={file}
        disabled={taking.isPending}
        onFile={setFile}
      />
    </FormDialog>
  );
}

function Taken({ taken, onClose }: { taken: ListTakenResponse; onClose: () => void }) {
  return (
    <Dialog
      open
      wide
      onOpenChange={onClose}
      title="The list was imported"
      footer={
        <Button look="primary" onClick={onClose}>
          Done
        </Button>
      }
    >
      <Stats>
        <Stat label="Suppressed" value={count(taken.suppressed)} />
        <Stat label="Already suppressed" value={count(taken.known)} />
        <Stat label="Enrollments stopped" value={count(taken.stopped)} />
        <Stat label="Rejected" value={count(taken.rejected_count)} />
      </Stats>
      {taken.rejected.length > 0 && (
        <Table label="Rejected rows">
          <thead>
            <tr>
              <th scope="col" className="numeric">
                Row
              </th>
              <th scope="col">Value</th>
              <th scope="col">Why</th>
            </tr>
          </thead>
          <tbody>
            {taken.rejected.slice(0, ROWS_SHOWN).map((entry) => (
              <tr key={entry.row}>
                <td className="numeric">{entry.row}</td>
                <td>{entry.value}</td>
                <td>{entry.detail}</td>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
      {taken.rejected_count > ROWS_SHOWN && (
        <p className="muted">And {plural(taken.rejected_count - ROWS_SHOWN, "more row")}.</p>
      )}
    </Dialog>
  );
}
