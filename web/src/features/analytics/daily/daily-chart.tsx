import {
  Bar,
  CartesianGrid,
  ComposedChart,
  Legend,
  Line,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";
import type { DayCounts } from "@/api/schema";
import { plural } from "@/lib/format";
import { SERIES, type Subject } from "./days";

const short = new Intl.DateTimeFormat("en", { month: "short", day: "numeric", timeZone: "UTC" });
const long = new Intl.DateTimeFormat("en", { dateStyle: "full", timeZone: "UTC" });
const AXIS = { stroke: "var(--line-strong)", tick: { fill: "var(--ink-2)", fontSize: 12 }, tickLine: false };

/** Emails sent (or leads enrolled) as bars, opens, clicks and replies as lines. The table beside it has the same
 * figures. */
export default function DailyChart({ days, subject }: { days: DayCounts[]; subject: Subject }) {
  return (
    <figure aria-label={`Chart of ${plural(days.length, "day")}; the same figures are in the table`}>
      <ResponsiveContainer width="100%" height={280}>
        <ComposedChart
          data={days}
          margin={{ top: 8, right: 8, bottom: 0, left: -16 }}
          accessibilityLayer={false}
        >
          <CartesianGrid stroke="var(--line)" vertical={false} />
          <XAxis
            dataKey="date"
            tickFormatter={(date: string) => short.format(new Date(date))}
            minTickGap={32}
            {...AXIS}
          />
          <YAxis allowDecimals={false} width={56} {...AXIS} axisLine={false} />
          <Tooltip
            cursor={{ fill: "var(--hover)" }}
            contentStyle={{
              background: "var(--surface)",
              border: "1px solid var(--line)",
              borderRadius: "var(--radius)",
              boxShadow: "var(--shadow-lg)",
              fontSize: "var(--text-sm)",
            }}
            itemStyle={{ color: "var(--ink)", padding: 0 }}
            labelFormatter={(date) => (typeof date === "string" ? long.format(new Date(date)) : null)}
          />
          <Legend
            // In the order of the list, not of the alphabet.
            itemSorter={null}
            iconSize={16}
            wrapperStyle={{ fontSize: "var(--text-sm)", paddingTop: "var(--space-2)" }}
            formatter={(name: string) => <span style={{ color: "var(--ink-2)" }}>{name}</span>}
          />
          {SERIES[subject].map((series) =>
            series.bar ? (
              <Bar
                key={series.key}
                dataKey={series.key}
                name={series.name}
                legendType="rect"
                fill={series.colour}
                radius={[3, 3, 0, 0]}
                maxBarSize={36}
                isAnimationActive={false}
              />
            ) : (
              <Line
                key={series.key}
                dataKey={series.key}
                name={series.name}
                legendType="plainline"
                stroke={series.colour}
                strokeWidth={2}
                strokeDasharray={series.dash}
                dot={days.length > 45 ? false : { r: 2, strokeWidth: 0, fill: series.colour }}
                isAnimationActive={false}
              />
            ),
          )}
        </ComposedChart>
      </ResponsiveContainer>
    </figure>
  );
}
