import { Download } from "lucide-react";
import type { AnalyticsResponse } from "@/api/schema";
import { save } from "@/lib/save-file";
import { Button } from "@/ui/inputs/button";
import { Menu, MenuItem } from "@/ui/overlays/menu";
import { EXPORTS, type Export } from "./exports";

/** Downloads the tables of the screen. */
export function ExportMenu({ name, analytics }: { name: string; analytics: AnalyticsResponse }) {
  return (
    <Menu
      trigger={
        <Button>
          <Download />
          Export CSV
        </Button>
      }
    >
      {Object.entries(EXPORTS).map(([key, { name: table, csv }]) => (
        <MenuItem
          key={key}
          onSelect={() =>
            save(
              fileName(name, key as Export),
              new Blob([csv(analytics)], { type: "text/csv;charset=utf-8" }),
            )
          }
        >
          {table}
        </MenuItem>
      ))}
    </Menu>
  );
}

function fileName(sequence: string, table: Export): string {
  const safe = sequence.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  return `${safe.slice(0, 60) || "sequence"}-${table}.csv`;
}
