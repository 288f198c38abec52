import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, call, once } from "@/api/client";
import type { UserResponse } from "@/api/schema";
import { SelectField, TextField } from "@/ui/inputs/field";
import { FormDialog, useFormProblem } from "@/ui/overlays/form-dialog";
import { ROLES, type Role } from "./roles";

const SHOWN = ["name", "email", "role"];

export function UserForm({ user, onClose }: { user?: UserResponse; onClose: () => void }) {
  const client = useQueryClient();
  const [name, setName] = useState(user?.name ?? "");
  const [email, setEmail] = useState(user?.email ?? "");
  const [role, setRole] = useState<Role>(user?.role ?? "write");
  const [intention] = useState(once);
  const saving = useMutation({
    mutationFn: () =>
      call<UserResponse>(
        user
          ? api.PATCH("/users/{user_id}", {
              params: { path: { user_id: user.id } },
              body: { name, email, role },
            })
          : api.POST("/users", { params: { header: intention }, body: { name, email, role } }),
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
      <SelectField
        label="Role"
        value={role}
        error={problem.of("role")}
        hint={ROLES.find(([one]) => one === role)?.[2]}
        onChange={(event) => setRole(event.target.value as Role)}
      >
        {ROLES.map(([one, label]) => (
          <option key={one} value={one}>
            {label}
          </option>
        ))}
      </SelectField>
    </FormDialog>
  );
}
