import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { api, call } from "@/api/client";
import { usePages } from "@/api/pages";
import type { ApiKeyResponse } from "@/api/schema";
import { sessionQuery } from "@/api/session-query";
import { words } from "@/lib/format";
import { Badge } from "@/ui/data/badge";
import { Listing } from "@/ui/data/listing";
import { Heads, Table } from "@/ui/data/table";
import { Time } from "@/ui/data/time";
import { Button } from "@/ui/inputs/button";
import { Section } from "@/ui/page/page";
import { Empty } from "@/ui/page/states";
import styles from "../settings.module.css";
import { CreateKey } from "./create-key";
import { RevokeKey } from "./revoke-key";

export default function ApiKeysSection() {
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<ApiKeyResponse | null>(null);
  const pages = usePages(["api-keys"], (cursor) =>
    call(api.GET("/api-keys", { params: { query: { limit: 50, cursor } } })),
  );
  return (
    <Section
      title="API keys"
      actions={
        <Button look="primary" onClick={() => setCreating(true)}>
          <Plus />
          New key
        </Button>
      }
    >
      <p className={styles.lead}>
        A key gives access to all that its scopes allow. Only its first characters are stored: if a key is
        lost, revoke it and create another one.
      </p>
      <Listing
        pages={pages}
        empty={<Empty title="No API keys">Create one for each program that uses Cadenza.</Empty>}
      >
        {(keys) => <Keys keys={keys} onRevoke={setRevoking} />}
      </Listing>
      {creating && <CreateKey onClose={() => setCreating(false)} />}
      {revoking && <RevokeKey apiKey={revoking} onClose={() => setRevoking(null)} />}
    </Section>
  );
}

function Keys({
  keys,
  onRevoke,
}: {
  keys: readonly ApiKeyResponse[];
  onRevoke: (apiKey: ApiKeyResponse) => void;
}) {
  const session = useQuery(sessionQuery);
  return (
    <Table label="API keys" stack>
      <Heads names={["Key", "Scopes", "Last used", "Created"]} actions />
      <tbody>
        {keys.map((apiKey) => {
          const inUse = apiKey.id === session.data?.api_key_id && apiKey.revoked_at === null;
          return (
            <tr key={apiKey.id} data-muted={apiKey.revoked_at !== null || undefined}>
              <td>
                <div className={styles.two}>
                  <strong>{apiKey.name}</strong>
                  <small>
                    <code>cdz_{apiKey.prefix}…</code>
                  </small>
                </div>
              </td>
              <td>
                <span className={styles.badges}>
                  {apiKey.scopes.map((scope) => (
                    <Badge key={scope} tone={scope === "admin" ? "violet" : "grey"}>
                      {words(scope)}
                    </Badge>
                  ))}
                </span>
              </td>
              <td>
                {apiKey.last_used_at ? (
                  <Time at={apiKey.last_used_at} />
                ) : (
                  <span className="muted">never</span>
                )}
              </td>
              <td>
                <Time at={apiKey.created_at} />
              </td>
              <td>
                <div className={styles.actions}>
                  {inUse ? (
                    <Badge tone="green">In use here</Badge>
                  ) : apiKey.revoked_at ? (
                    <span className="muted">
                      revoked <Time at={apiKey.revoked_at} />
                    </span>
                  ) : (
                    <Button
                      size="sm"
                      look="danger"
                      aria-label={`Revoke ${apiKey.name}`}
                      onClick={() => onRevoke(apiKey)}
                    >
                      Revoke
                    </Button>
                  )}
                </div>
              </td>
            </tr>
          );
        })}
      </tbody>
    </Table>
  );
}
