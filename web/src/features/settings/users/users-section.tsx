import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { api, call } from "@/api/client";
import { usePages } from "@/api/pages";
import type { UserResponse } from "@/api/schema";
import { Badge } from "@/ui/data/badge";
import { Listing } from "@/ui/data/listing";
import { Heads, Table } from "@/ui/data/table";
import { Time } from "@/ui/data/time";
import { Button } from "@/ui/inputs/button";
import { Confirm } from "@/ui/overlays/dialog";
import { Section } from "@/ui/page/page";
import { Empty } from "@/ui/page/states";
import styles from "../settings.module.css";
import { InviteUser } from "./invite-user";
import { roleName } from "./roles";
import { UserForm } from "./user-form";

type Open = { what: "create" } | { what: "edit" | "invite" | "delete"; user: UserResponse } | null;

export default function UsersSection() {
  const [open, setOpen] = useState<Open>(null);
  const pages = usePages(["users"], (cursor) =>
    call(api.GET("/users", { params: { query: { limit: 50, cursor } } })),
  );
  const create = (
    <Button look="primary" onClick={() => setOpen({ what: "create" })}>
      <Plus />
      New user
    </Button>
  );
  return (
    <Section title="Users" actions={create}>
      <p className={styles.lead}>
        The people whom steps notify and to whom leads are assigned. A person who has set a password, with the
        link of an invitation, can sign in and do what the role allows.
      </p>
      <Listing
        pages={pages}
        empty={<Empty title="No users yet">Add the people who should be notified or own leads.</Empty>}
      >
        {(users) => <Users users={users} onOpen={setOpen} />}
      </Listing>
      {open?.what === "create" && <UserForm onClose={() => setOpen(null)} />}
      {open?.what === "edit" && <UserForm user={open.user} onClose={() => setOpen(null)} />}
      {open?.what === "invite" && <InviteUser user={open.user} onClose={() => setOpen(null)} />}
      {open?.what === "delete" && <DeleteUser user={open.user} onClose={() => setOpen(null)} />}
    </Section>
  );
}

function Users({ users, onOpen }: { users: readonly UserResponse[]; onOpen: (open: Open) => void }) {
  return (
    <Table label="Users" stack>
      <Heads names={["User", "Role", "Password", "Since"]} actions />
      <tbody>
        {users.map((user) => (
          <tr key={user.id}>
            <td>
              <div className={styles.two}>
                <strong>{user.name || user.email}</strong>
                {user.name && <small>{user.email}</small>}
              </div>
            </td>
            <td>
              <Badge tone={user.role === "admin" ? "violet" : "grey"}>{roleName(user.role)}</Badge>
            </td>
            <td>
              {user.password_set_at ? (
                <>
                  set <Time at={user.password_set_at} />
                </>
              ) : (
                <span className="muted">no password</span>
              )}
            </td>
            <td>
              <Time at={user.created_at} />
            </td>
            <td>
              <div className={styles.actions}>
                <Button
                  size="sm"
                  aria-label={`${user.password_set_at ? "Reset password of" : "Invite"} ${user.email}`}
                  onClick={() => onOpen({ what: "invite", user })}
                >
                  {user.password_set_at ? "Reset password" : "Invite"}
                </Button>
                <Button
                  size="sm"
                  aria-label={`Edit ${user.email}`}
                  onClick={() => onOpen({ what: "edit", user })}
                >
                  Edit
                </Button>
                <Button
                  size="sm"
                  look="danger"
                  aria-label={`Delete ${user.email}`}
                  onClick={() => onOpen({ what: "delete", user })}
                >
                  Delete
                </Button>
              </div>
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

function DeleteUser({ user, onClose }: { user: UserResponse; onClose: () => void }) {
  const client = useQueryClient();
  const deleting = useMutation({
    mutationFn: () => call(api.DELETE("/users/{user_id}", { params: { path: { user_id: user.id } } })),
    onSuccess: () => {
      toast.success(`${user.email} was deleted`);
      onClose();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["users"] }),
  });
  return (
    <Confirm
      open
      onOpenChange={onClose}
      title={`Delete ${user.name || user.email}?`}
      description="The user’s leads have no owner then, the user’s notifications are deleted, and the user is signed out everywhere."
      confirm="Delete user"
      busy={deleting.isPending}
      onConfirm={() => deleting.mutate()}
    />
  );
}
