import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { api, call } from "@/api/client";
import { count, plural } from "@/lib/format";
import { More } from "@/ui/data/more";
import { Button } from "@/ui/inputs/button";
import { Empty, Loaded } from "@/ui/page/states";
import styles from "../enroll.module.css";
import { filterOf, pickableLeadsQuery } from "../queries";
import { type Audience, MOST } from "./audience";
import { GatherDialog } from "./gather-dialog";
import { LeadFilters } from "./lead-filters";
import { LeadsToPick } from "./leads-to-pick";
import { NOBODY, stateOf, toggled } from "./selection";

export function PickTab({
  active,
  onChosen,
  onGathered,
}: {
  active: boolean;
  onChosen: (audience: Audience) => void;
  onGathered: () => void;
}) {
  const search = useSearch({ from: "/app/sequences/$sequenceId/enroll" });
  const navigate = useNavigate({ from: "/app/sequences/$sequenceId/enroll" });
  const [selection, setSelection] = useState(NOBODY);
  const [gathering, setGathering] = useState(false);
  const filter = filterOf(search);
  const leads = useInfiniteQuery(pickableLeadsQuery(filter));
  const everyone = useMutation({
    mutationFn: () => call(api.GET("/leads/ids", { params: { query: filter } })),
    onSuccess: ({ items, more }) => setSelection({ ids: new Set(items), more }),
  });
  const filtered = Object.keys(filter).length > 0;
  const chosen = selection.ids.size;
  return (
    <div className={styles.tab}>
      <LeadFilters
        filter={filter}
        seen={leads.data?.pages.flatMap((page) => page.items) ?? []}
        onChange={(changed) => navigate({ to: ".", search: filterOf(changed), replace: true })}
      />
      <Loaded query={leads}>
        {({ pages }) => {
          const shown = pages.flatMap((page) => page.items);
          const ids = shown.map((lead) => lead.id);
          if (shown.length === 0)
            return filtered ? (
              <Empty title="No lead matches" />
            ) : (
              <Empty title="There are no leads yet">Import a CSV file on the third tab.</Empty>
            );
          return (
            <>
              {leads.hasNextPage && stateOf(selection, ids) === "all" && chosen === ids.length && (
                <p className={styles.everyone}>
                  The {plural(ids.length, "lead")} shown are selected.
                  <Button look="quiet" size="sm" busy={everyone.isPending} onClick={() => everyone.mutate()}>
                    Select all that match
                  </Button>
                </p>
              )}
              <LeadsToPick leads={shown} selection={selection} onSelect={setSelection} />
              <More pages={leads} />
            </>
          );
        }}
      </Loaded>
      {chosen > 0 && (
        <section className={styles.bar} aria-label="Selection">
          <p>
            <strong>{plural(chosen, "lead")}</strong> selected
            {selection.more && <span className="muted">, the newest: at most {count(MOST)} at once</span>}
          </p>
          <Button look="quiet" onClick={() => setSelection(NOBODY)}>
            Clear
          </Button>
          <Button onClick={() => setGathering(true)}>Add to a campaign</Button>
          <Button
            look="primary"
            disabled={!active || chosen > MOST}
            onClick={() => onChosen({ kind: "leads", leadIds: [...selection.ids] })}
          >
            Check {plural(chosen, "lead")}
          </Button>
        </section>
      )}
      {gathering && (
        <GatherDialog
          leadIds={[...selection.ids]}
          onClose={() => setGathering(false)}
          onGathered={() => {
            setSelection(toggled(selection, [...selection.ids], false));
            onGathered();
          }}
        />
      )}
    </div>
  );
}
