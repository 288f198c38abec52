import { useState } from "react";
import { FileDrop } from "@/ui/inputs/file-drop";
import { columnsOf, mappingOf } from "./csv-header";
import { ImportColumns } from "./import-columns";

/** A chosen file of leads with the mapping of its columns. */
export function useLeadFile() {
  const [file, setFile] = useState<File | null>(null);
  const [columns, setColumns] = useState<string[]>([]);
  const [chosen, setChosen] = useState<Record<string, string>>({});
  async function take(next: File) {
    setFile(next);
    setChosen({});
    setColumns(await columnsOf(next).catch(() => []));
  }
  return {
    file,
    mapping: mappingOf(chosen),
    columns,
    chosen,
    take,
    forget: () => setFile(null),
    choose: (column: string, target: string) => setChosen({ ...chosen, [column]: target }),
  };
}

export function LeadFile({
  lead,
  disabled,
  onFile,
}: {
  lead: ReturnType<typeof useLeadFile>;
  disabled: boolean;
  onFile: (file: File) => void;
}) {
  return (
    <>
      <FileDrop
        label="CSV file of leads"
        accept=".csv,.tsv,.txt,text/csv"
        file={lead.file}
        disabled={disabled}
        onFile={onFile}
        hint="Any delimiter and encoding. The first line names the columns; one of them holds the address. Leads that exist already are updated; an empty cell changes nothing."
      />
      {lead.file && lead.columns.length > 0 && (
        <ImportColumns columns={lead.columns} chosen={lead.chosen} onChoose={lead.choose} />
      )}
    </>
  );
}
