import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { ApiProblem } from "@/api/problem";
import { FileDrop } from "@/ui/inputs/file-drop";
import { FormDialog } from "@/ui/overlays/form-dialog";
import { Failed } from "@/ui/page/states";
import { useImport } from "../change-status";
import { Problems } from "../problems";

/** Creates a draft from an exported sequence (from here, or from `cadenza sequences export`). */
export function ImportDialog({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const [file, setFile] = useState<File | null>(null);
  const [missing, setMissing] = useState(false);
  const create = useImport();
  async function submit() {
    if (file === null) return setMissing(true);
    const type = file.name.toLowerCase().endsWith(".json") ? "application/json" : "application/yaml";
    create.mutate(
      { text: await file.text(), type },
      { onSuccess: ({ id }) => navigate({ to: "/app/sequences/$sequenceId", params: { sequenceId: id } }) },
    );
  }
  const faults = create.error instanceof ApiProblem ? create.error.fields : [];
  return (
    <FormDialog
      title="Import a sequence"
      submit="Import as a draft"
      busy={create.isPending}
      problem={{ of: () => undefined, rest: missing && file === null ? "Choose a file first." : undefined }}
      onSubmit={submit}
      onClose={onClose}
    >
      <FileDrop
        label="Sequence file"
        accept=".yaml,.yml,.json"
        file={file}
        hint="YAML or JSON, as it was exported. Nothing is sent before you activate it."
        onFile={(chosen) => {
          create.reset();
          setFile(chosen);
        }}
      />
      {create.error && (faults.length > 0 ? <Problems problems={faults} /> : <Failed error={create.error} />)}
    </FormDialog>
  );
}
