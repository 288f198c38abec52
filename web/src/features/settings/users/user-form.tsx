import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, call, once } from "@/api/client";
import type { UserResponse } from "@/api/schema";
import { TextField } from "@/ui/field";
import { FormDialog, useFormProblem } from "@/ui/form-dialog";

const SHOWN = ["name", "email"];

export function UserForm({ user, onClose }: { user?: UserResponse; onClose: () => void }) {
  const client = useQueryClient();
  const [name, setName] = useState(user?.name ?? "");
  const [email, setEmail] = useState(user?.email ?? "");
  const [intention] = useState(once);
  const saving = useMutation({
    mutationFn: () =>
      call<UserResponse>(
        user
          ? api.PATCH("/users/{user_id}", { params: { path: { user_id: user.id } }, body: { name, email } })
          : api.POST("/users", { params: { header: intention }, body: { name, email } }),
      ),
    onSuccess: onClose,
    onSettled: () => client.invalidateQueries({ queryKey: ["users"] }),
    meta: { quiet: true },
  });
  const problem = useFormProblem(saving.error, SHOWN);
  return (
    <FormDialog
      onClose={onClose}
      title={user ? "Edit user" : "New user"}
      submit={user ? "Save" : "Create user"}
      busy={saving.isPending}
      problem={problem}
      onSubmit={() => saving.mutate()}
    >
      <TextField
        label="Name"
        value={name}
        error={problem.of("name")}
        onChange={(event) => setName(event.target.value)}
      />
      <TextField
        label="Email"
        type="email"
        value={email}
        error={problem.of("email")}
        onChange={(event) => setEmail(event.target.value)}
      />
    </FormDialog>
  );
}
