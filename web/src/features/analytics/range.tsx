import { getRouteApi } from "@tanstack/react-router";
import { Button } from "@/ui/inputs/button";
import { TextField } from "@/ui/inputs/field";
import styles from "./analytics.module.css";
import { type AnalyticsSearch, lastDays } from "./search";

const route = getRouteApi("/app/sequences/$sequenceId/analytics");
const PRESETS = [7, 30, 90] as const;

/** The range of days, kept in the address. */
export function Range() {
  const { from, to } = route.useSearch();
  const navigate = route.useNavigate();
  function show(range: Pick<AnalyticsSearch, "from" | "to">) {
    navigate({ search: ({ from: _from, to: _to, ...rest }) => ({ ...rest, ...range }), replace: true });
  }
  function change(end: "from" | "to", value: string) {
    const range = { ...(from && { from }), ...(to && { to }) };
    if (value === "") delete range[end];
    else range[end] = value;
    // A range must not end before it begins: the end that the user did not choose moves.
    if (range.from && range.to && range.from > range.to) range[end === "from" ? "to" : "from"] = value;
    show(range);
  }
  return (
    <search className={styles.range} aria-label="Days">
      <div className={styles.presets}>
        <Button size="sm" aria-pressed={!from && !to} onClick={() => show({})}>
          All
        </Button>
        {PRESETS.map((days) => {
          const range = lastDays(days);
          return (
            <Button
              key={days}
              size="sm"
              aria-pressed={from === range.from && to === range.to}
              onClick={() => show(range)}
            >
              {days} days
            </Button>
          );
        })}
      </div>
      <div className={styles.dates}>
        <TextField
          label="From"
          hideLabel
          type="date"
          value={from ?? ""}
          onChange={(event) => change("from", event.target.value)}
        />
        <span aria-hidden="true">to</span>
        <TextField
          label="To"
          hideLabel
          type="date"
          value={to ?? ""}
          onChange={(event) => change("to", event.target.value)}
        />
      </div>
    </search>
  );
}
