import { useEffect, useState } from "react";
import { words } from "@/lib/format";
import { TextField } from "@/ui/field";
import { Segmented } from "@/ui/segmented";
import styles from "./filters.module.css";
import { type SequenceFilters, STATUSES } from "./search";

/** How long after the last letter it is searched, in milliseconds. */
const PAUSE = 250;

const OPTIONS = (["all", ...STATUSES] as const).map((value) => ({ value, label: words(value) }));

export function Filters({
  filters,
  onChange,
}: {
  filters: SequenceFilters;
  onChange: (filters: SequenceFilters) => void;
}) {
  const { search: _search, ...ofStatus } = filters;
  const { status: _status, ...searched } = filters;
  return (
    <search className={styles.filters}>
      <div className={styles.search}>
        <SearchBox
          value={filters.search ?? ""}
          onChange={(search) => onChange(search ? { ...ofStatus, search } : ofStatus)}
        />
      </div>
      <div className={styles.statuses}>
        <Segmented
          label="Status"
          value={filters.status ?? "all"}
          options={OPTIONS}
          onChange={(status) => onChange(status === "all" ? searched : { ...searched, status })}
        />
      </div>
    </search>
  );
}

function SearchBox({ value, onChange }: { value: string; onChange: (search: string) => void }) {
  const [typed, setTyped] = useState(value);
  const [told, setTold] = useState(value);
  if (value !== told) {
    setTold(value);
    // What was told a moment ago comes back; what has been typed since stays. Anything else came from the address.
    if (!typed.startsWith(value) || value === "") setTyped(value);
  }
  useEffect(() => {
    const search = typed.trim();
    if (search === value) return;
    const timer = setTimeout(() => onChange(search), PAUSE);
    return () => clearTimeout(timer);
  }, [typed, value, onChange]);
  return (
    <TextField
      label="Search by name"
      hideLabel
      type="search"
      placeholder="Search by name"
      value={typed}
      onChange={(event) => setTyped(event.target.value)}
    />
  );
}
