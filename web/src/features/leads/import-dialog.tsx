import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, call } from "@/api/client";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { FileDrop } from "@/ui/file-drop";
import { Failed } from "@/ui/states";
import { columnsOf, mappingOf } from "./csv-header";
import { ImportColumns } from "./import-columns";
import { ImportResult } from "./import-result";

export function ImportDialog({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const [file, setFile] = useState<File | null>(null);
  const [columns, setColumns] = useState<string[]>([]);
  const [chosen, setChosen] = useState<Record<string, string>>({});
  const send = useMutation({
    mutationFn: (upload: File) => importLeads(upload, mappingOf(chosen)),
    meta: { quiet: true },
    onSuccess: () => client.resetQueries({ queryKey: ["leads"] }),
  });
  const take = async (next: File) => {
    send.reset();
    setFile(next);
    setChosen({});
    setColumns(await columnsOf(next).catch(() => []));
  };
  return (
    <Dialog
      open
      wide
      onOpenChange={(open) => !open && !send.isPending && onClose()}
      title={send.data ? "Import finished" : "Import leads"}
      footer={
        send.data ? (
          <>
            <Button
              onClick={() => {
                send.reset();
                setFile(null);
              }}
            >
              Import another file
            </Button>
            <Button look="primary" onClick={onClose}>
              Done
            </Button>
          </>
        ) : (
          <>
            <Button disabled={send.isPending} onClick={onClose}>
              Cancel
            </Button>
            <Button
              look="primary"
              busy={send.isPending}
              disabled={file === null}
              onClick={() => file && send.mutate(file)}
            >
              {send.isPending ? "Importing…" : "Import"}
            </Button>
          </>
        )
      }
    >
      {send.data ? (
        <ImportResult answer={send.data} />
      ) : (
        <>
          <FileDrop
            label="CSV file of leads"
            accept=".csv,.tsv,.txt,text/csv"
            file={file}
            disabled={send.isPending}
            onFile={take}
            hint="Any delimiter and encoding. The first line names the columns; one of them holds the address. Who is there already is updated: an empty cell wipes nothing."
          />
          {file && columns.length > 0 && (
            <ImportColumns
              columns={columns}
              chosen={chosen}
              onChoose={(column, target) => setChosen({ ...chosen, [column]: target })}
            />
          )}
          {send.error && <Failed error={send.error} />}
        </>
      )}
    </Dialog>
  );
}

function importLeads(file: File, mapping: Record<string, string> | null) {
  const form = new FormData();
  // Before the file: the server reads the form in its order.
  if (mapping) form.append("mapping", JSON.stringify(mapping));
  form.append("file", file);
  return call(
    api.POST("/leads/import", {
      body: { file: file.name },
      bodySerializer: () => form,
    }),
  );
}
