import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Plus, Upload } from "lucide-react";
import { useMemo, useState } from "react";
import { Button } from "@/ui/inputs/button";
import { Page } from "@/ui/page/page";
import { Empty, Failed, Loading } from "@/ui/page/states";
import { CreateLeadDialog } from "../form/create-lead-dialog";
import { ImportDialog } from "../import/import-dialog";
import { type LeadFilters, leadsQuery } from "../queries";
import { LeadFiltersBar } from "./lead-filters";
import { LeadTable } from "./lead-table";
import styles from "./leads-page.module.css";
import { SelectionBar } from "./selection-bar";

const route = getRouteApi("/app/leads");

export function LeadsPage() {
  const filters = route.useSearch();
  const navigate = route.useNavigate();
  const leads = useInfiniteQuery(leadsQuery(filters));
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [dialog, setDialog] = useState<"create" | "import" | null>(null);
  const rows = useMemo(() => leads.data?.pages.flatMap((page) => page.items) ?? [], [leads.data]);
  const filtered = Boolean(filters.search || filters.status || filters.tag);

  const filter = (changed: LeadFilters) => {
    setSelected(new Set());
    navigate({
      search: Object.fromEntries(Object.entries({ ...filters, ...changed }).filter(([, value]) => value)),
      replace: true,
    });
  };
  const importButton = (
    <Button onClick={() => setDialog("import")}>
      <Upload /> Import CSV
    </Button>
  );
  const createButton = (
    <Button look="primary" onClick={() => setDialog("create")}>
      <Plus /> New lead
    </Button>
  );

  return (
    <Page
      full
      title="Leads"
      actions={
        <>
          {importButton}
          {createButton}
        </>
      }
    >
      <div className={styles.body}>
        <LeadFiltersBar filters={filters} onChange={filter} rows={rows} />
        {leads.error !== null && <Failed error={leads.error} retry={() => leads.refetch()} />}
        {leads.isPending && !leads.error && <Loading rows={10} />}
        {leads.data && rows.length > 0 && (
          <LeadTable
            rows={rows}
            more={leads.hasNextPage}
            loadingMore={leads.isFetchingNextPage}
            onMore={leads.fetchNextPage}
            stale={leads.isPlaceholderData}
            selected={selected}
            onSelect={setSelected}
            question={JSON.stringify(filters)}
          />
        )}
        {leads.data && rows.length === 0 && filtered && (
          <Empty
            title="No lead matches"
            action={
              <Button onClick={() => filter({ search: undefined, status: undefined, tag: undefined })}>
                Show all leads
              </Button>
            }
          >
            Search looks anywhere in the address, the name and the company.
          </Empty>
        )}
        {leads.data && rows.length === 0 && !filtered && (
          <Empty
            title="No leads yet"
            action={
              <>
                {importButton}
                {createButton}
              </>
            }
          >
            Leads are the people that sequences write to. Import them as a CSV file, as your spreadsheet saves
            it, or create one here.
          </Empty>
        )}
      </div>
      <SelectionBar selected={selected} onClear={() => setSelected(new Set())} />
      <CreateLeadDialog open={dialog === "create"} onClose={() => setDialog(null)} />
      {dialog === "import" && <ImportDialog onClose={() => setDialog(null)} />}
    </Page>
  );
}
