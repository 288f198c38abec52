import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { FileUp, Plus } from "lucide-react";
import { useState } from "react";
import { Button } from "@/ui/inputs/button";
import { Page } from "@/ui/page/page";
import { Empty, Loaded } from "@/ui/page/states";
import { sequencesQuery } from "../queries";
import { CreateDialog } from "./create-dialog";
import { Filters } from "./filters";
import { FirstSequence } from "./first-sequence";
import { ImportDialog } from "./import-dialog";
import type { SequenceFilters } from "./search";
import { SequenceTable } from "./sequence-table";

export function SequencesPage() {
  const filters = useSearch({ from: "/app/sequences" });
  const navigate = useNavigate({ from: "/app/sequences" });
  const [dialog, setDialog] = useState<"create" | "import" | null>(null);
  const query = useInfiniteQuery(sequencesQuery(filters));
  const filter = (next: SequenceFilters) => navigate({ to: ".", search: next, replace: true });
  return (
    <Page
      title="Sequences"
      actions={
        <>
          <Button onClick={() => setDialog("import")}>
            <FileUp /> Import
          </Button>
          <Button look="primary" onClick={() => setDialog("create")}>
            <Plus /> New sequence
          </Button>
        </>
      }
    >
      <Loaded query={query}>
        {({ pages }) => {
          const sequences = pages.flatMap((page) => page.items);
          const filtered = filters.search !== undefined || filters.status !== undefined;
          if (sequences.length === 0 && !filtered)
            return <FirstSequence onCreate={() => setDialog("create")} />;
          return (
            <>
              <Filters filters={filters} onChange={filter} />
              {sequences.length === 0 ? (
                <Empty
                  title="No sequence matches"
                  action={<Button onClick={() => filter({})}>Show all sequences</Button>}
                />
              ) : (
                <SequenceTable
                  sequences={sequences}
                  more={query.hasNextPage}
                  loading={query.isFetchingNextPage}
                  onMore={() => query.fetchNextPage()}
                />
              )}
            </>
          );
        }}
      </Loaded>
      {dialog === "create" && <CreateDialog onClose={() => setDialog(null)} />}
      {dialog === "import" && <ImportDialog onClose={() => setDialog(null)} />}
    </Page>
  );
}
