import { useMutation } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Download, Plus, Upload } from "lucide-react";
import { useState } from "react";
import { api, call, download } from "@/api/client";
import { usePages } from "@/api/pages";
import type { SuppressionResponse } from "@/api/schema";
import { words } from "@/lib/format";
import { save } from "@/lib/save-file";
import { Badge } from "@/ui/data/badge";
import { Listing } from "@/ui/data/listing";
import { Heads, Table } from "@/ui/data/table";
import { Time } from "@/ui/data/time";
import { Button } from "@/ui/inputs/button";
import { SelectField, TextField } from "@/ui/inputs/field";
import { Section } from "@/ui/page/page";
import { Empty } from "@/ui/page/states";
import styles from "../settings.module.css";
import { useDebounced } from "../use-debounced";
import { AddSuppression } from "./add-suppression";
import { ImportList } from "./import-list";
import { RemoveSuppression } from "./remove-suppression";

const route = getRouteApi("/app/settings/$section");

type Open = { what: "add" } | { what: "import" } | { what: "remove"; one: SuppressionResponse } | null;

export default function SuppressionsSection() {
  const { search, kind } = route.useSearch();
  const [open, setOpen] = useState<Open>(null);
  const asked = useDebounced(search ?? "");
  const pages = usePages(["suppressions", { search: asked, kind }], (cursor) =>
    call(
      api.GET("/suppressions", {
        params: { query: { search: asked || null, kind: kind ?? null, limit: 50, cursor } },
      }),
    ),
  );
  const exporting = useMutation({
    mutationFn: () => download(`/suppressions/export${kind ? `?kind=${kind}` : ""}`),
    onSuccess: (file) => save("suppressions.csv", file),
  });
  return (
    <Section
      title="Suppressions"
      actions={
        <>
          <Button onClick={() => setOpen({ what: "import" })}>
            <Upload />
            Import
          </Button>
          <Button busy={exporting.isPending} onClick={() => exporting.mutate()}>
            <Download />
            Export
          </Button>
          <Button look="primary" onClick={() => setOpen({ what: "add" })}>
            <Plus />
            Suppress
          </Button>
        </>
      }
    >
      <p className={styles.lead}>
        Addresses and domains that get no email. Suppressing one stops its enrollments at once.
      </p>
      <Filters />
      <Listing pages={pages} empty={<Nothing filtered={asked !== "" || kind !== undefined} />}>
        {(list) => <Suppressions list={list} onRemove={(one) => setOpen({ what: "remove", one })} />}
      </Listing>
      {open?.what === "add" && <AddSuppression onClose={() => setOpen(null)} />}
      {open?.what === "import" && <ImportList onClose={() => setOpen(null)} />}
      {open?.what === "remove" && <RemoveSuppression one={open.one} onClose={() => setOpen(null)} />}
    </Section>
  );
}

function Filters() {
  const { search, kind } = route.useSearch();
  const navigate = route.useNavigate();
  function filter(name: "search" | "kind", value: string) {
    navigate({
      search: ({ [name]: _, ...rest }) => (value ? { ...rest, [name]: value } : rest),
      replace: true,
    });
  }
  return (
    <search className={styles.filters}>
      <TextField
        label="Search suppressions"
        hideLabel
        type="search"
        placeholder="Search an address or domain"
        value={search ?? ""}
        onChange={(event) => filter("search", event.target.value)}
      />
      <SelectField
        label="Kind"
        hideLabel
        value={kind ?? ""}
        onChange={(event) => filter("kind", event.target.value)}
      >
        <option value="">Both kinds</option>
        <option value="address">Addresses</option>
        <option value="domain">Domains</option>
      </SelectField>
    </search>
  );
}

function Nothing({ filtered }: { filtered: boolean }) {
  return filtered ? (
    <Empty title="Nothing found">No suppression matches.</Empty>
  ) : (
    <Empty title="Nobody is suppressed">
      Bounces, complaints and unsubscribes are added automatically. Add addresses that should never get email,
      or import a list.
    </Empty>
  );
}

function Suppressions({
  list,
  onRemove,
}: {
  list: readonly SuppressionResponse[];
  onRemove: (one: SuppressionResponse) => void;
}) {
  return (
    <Table label="Suppressions" stack>
      <Heads names={["Address or domain", "Kind", "Reason", "Since"]} actions />
      <tbody>
        {list.map((one) => (
          <tr key={one.id}>
            <td>{one.value}</td>
            <td>
              <Badge tone={one.kind === "domain" ? "violet" : "grey"}>{words(one.kind)}</Badge>
            </td>
            <td>{words(one.reason)}</td>
            <td>
              <Time at={one.created_at} />
            </td>
            <td>
              <div className={styles.actions}>
                <Button
                  size="sm"
                  look="danger"
                  aria-label={`Remove ${one.value}`}
                  onClick={() => onRemove(one)}
                >
                  Remove
                </Button>
              </div>
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
