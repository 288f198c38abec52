import { useId } from "react";
import type { LeadResponse } from "@/api/schema";
import { statusesWith } from "@/features/leads/form/statuses";
import { words } from "@/lib/format";
import { SelectField } from "@/ui/inputs/field";
import { SearchField } from "@/ui/inputs/search-field";
import styles from "../enroll.module.css";
import type { LeadFilter } from "../queries";

export function LeadFilters({
  filter,
  seen,
  onChange,
}: {
  filter: LeadFilter;
  /** Statuses and tags are free text, so the choice is made of those that the loaded leads have. */
  seen: readonly LeadResponse[];
  onChange: (changed: LeadFilter) => void;
}) {
  const tags = useId();
  return (
    <search className={styles.filters}>
      <SearchField
        label="Search leads"
        placeholder="Search address, name or company"
        value={filter.search ?? ""}
        onChange={(search) => onChange({ ...filter, search })}
      />
      <SelectField
        label="Status"
        hideLabel
        value={filter.status ?? ""}
        onChange={(event) => onChange({ ...filter, status: event.target.value })}
      >
        <option value="">Any status</option>
        {statusesWith(
          seen.map((lead) => lead.status),
          filter.status,
        ).map((status) => (
          <option key={status} value={status}>
            {words(status)}
          </option>
        ))}
      </SelectField>
      <SearchField
        label="Tag"
        placeholder="Any tag"
        list={tags}
        value={filter.tag ?? ""}
        onChange={(tag) => onChange({ ...filter, tag })}
      />
      <datalist id={tags}>
        {[...new Set(seen.flatMap((lead) => lead.tags))].sort().map((tag) => (
          <option key={tag} value={tag} />
        ))}
      </datalist>
    </search>
  );
}
