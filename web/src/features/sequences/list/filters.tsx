import { words } from "@/lib/format";
import { SearchField } from "@/ui/inputs/search-field";
import { Segmented } from "@/ui/inputs/segmented";
import styles from "./filters.module.css";
import { type SequenceFilters, STATUSES } from "./search";

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
        <SearchField
          label="Search by name"
          placeholder="Search by name"
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
