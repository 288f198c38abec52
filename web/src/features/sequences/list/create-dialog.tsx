import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, call, once } from "@/api/client";
import type { SequenceCreate } from "@/api/schema";
import { TextArea, TextField } from "@/ui/inputs/field";
import { FormDialog, useFormProblem } from "@/ui/overlays/form-dialog";

const SHOWN = ["name", "description"];

export function CreateDialog({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const create = useMutation({
    // The server fills in missing settings; the generated type requires all of them.
    mutationFn: (body: Pick<SequenceCreate, "name" | "description">) =>
      call(api.POST("/sequences", { params: { header: once() }, body: body as SequenceCreate })),
    meta: { quiet: true },
    onSuccess({ id }) {
      client.invalidateQueries({ queryKey: ["sequences"] });
      navigate({ to: "/app/sequences/$sequenceId", params: { sequenceId: id } });
    },
  });
  const problem = useFormProblem(create.error, SHOWN);
  return (
    <FormDialog
      title="New sequence"
      submit="Create and open"
      busy={create.isPending}
      problem={problem}
      onSubmit={() => create.mutate({ name, description })}
      onClose={onClose}
    >
      <TextField
        label="Name"
        required
        maxLength={200}
        placeholder="Spring outreach"
        value={name}
        error={problem.of("name")}
        onChange={(event) => setName(event.target.value)}
      />
      <TextArea
        label="Description"
        rows={3}
        maxLength={5000}
        hint="What it is for, for your colleagues."
        value={description}
        error={problem.of("description")}
        onChange={(event) => setDescription(event.target.value)}
      />
    </FormDialog>
  );
}
