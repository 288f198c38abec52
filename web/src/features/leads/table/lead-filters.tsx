import { Search, X } from "lucide-react";
import { useEffect, useId, useMemo, useState } from "react";
import type { LeadResponse } from "@/api/schema";
import { Button } from "@/ui/inputs/button";
import { SelectField, TextField } from "@/ui/inputs/field";
import { statusesWith } from "../form/statuses";
import type { LeadFilters } from "../queries";
import styles from "./leads-page.module.css";

const PAUSE_MS = 250;

export function LeadFiltersBar({
  filters,
  onChange,
  rows,
}: {
  filters: LeadFilters;
  onChange: (changed: LeadFilters) => void;
  rows: readonly LeadResponse[];
}) {
  const [search, setSearch] = useDebounced(filters.search ?? "", (value) => onChange({ search: value }));
  const [tag, setTag] = useDebounced(filters.tag ?? "", (value) => onChange({ tag: value }));
  const tagsId = useId();
  // Statuses and tags are free text, and there may be thousands: only those of the loaded leads are offered.
  const seen = useMemo(() => {
    const newest = rows.slice(0, 2_000);
    return {
      statuses: statusesWith(
        newest.map((lead) => lead.status),
        filters.status,
      ),
      tags: [...new Set(newest.flatMap((lead) => lead.tags))].sort(),
    };
  }, [rows, filters.status]);

  return (
    <search className={styles.filters}>
      <div className={styles.search}>
        <Search aria-hidden="true" />
        <TextField
          label="Search leads"
          hideLabel
          type="search"
          placeholder="Search address, name or company"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
      </div>
      <div className={styles.narrow}>
        <SelectField
          label="Status"
          hideLabel
          value={filters.status ?? ""}
          onChange={(event) => onChange({ status: event.target.value })}
        >
          <option value="">Any status</option>
          {seen.statuses.map((status) => (
            <option key={status} value={status}>
              {status}
            </option>
          ))}
        </SelectField>
      </div>
      <div className={styles.narrow}>
        <TextField
          label="Tag"
          hideLabel
          placeholder="Any tag"
          list={tagsId}
          value={tag}
          onChange={(event) => setTag(event.target.value)}
        />
        <datalist id={tagsId}>
          {seen.tags.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      </div>
      {(filters.search || filters.status || filters.tag) && (
        <Button
          look="quiet"
          onClick={() => {
            setSearch("");
            setTag("");
            onChange({ search: undefined, status: undefined, tag: undefined });
          }}
        >
          <X /> Clear
        </Button>
      )}
    </search>
  );
}

/** The text of a filter, reported to `onSettled` after a pause in typing. A change from outside (the Back button)
 * replaces it. */
function useDebounced(outside: string, onSettled: (value: string) => void) {
  const [typed, setTyped] = useState(outside);
  const [told, setTold] = useState(outside);
  if (outside !== told) {
    setTold(outside);
    // If the reported value comes back, text that was typed since then stays.
    if (outside !== typed.trim()) setTyped(outside);
  }
  useEffect(() => {
    const settled = typed.trim();
    if (settled === outside) return;
    const timer = setTimeout(() => onSettled(settled), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed, outside, onSettled]);
  return [typed, setTyped] as const;
}
