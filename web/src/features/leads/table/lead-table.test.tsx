import { screen, waitFor, within } from "@testing-library/react";
import { useState } from "react";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lead } from "@/testing/answers";
import { giveEveryElementASize } from "@/testing/layout";
import { renderInApp } from "@/testing/render";
import { LeadTable } from "./lead-table";

let restore: () => void;
beforeEach(() => {
  restore = giveEveryElementASize({ width: 1200, height: 520 });
});
afterEach(() => restore());

const leads = (number: number) =>
  Array.from({ length: number }, (_, index) =>
    lead({
      id: `lead-${index}`,
      name: `Lead ${index}`,
      email: `lead${index}@a.example`,
      tags: ["a", "b", "c"],
    }),
  );

function Table({
  number,
  more = false,
  onMore = () => undefined,
}: {
  number: number;
  more?: boolean;
  onMore?: () => void;
}) {
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [rows] = useState(() => leads(number));
  return (
    <>
      <LeadTable
        rows={rows}
        more={more}
        loadingMore={false}
        onMore={onMore}
        stale={false}
        selected={selected}
        onSelect={setSelected}
        question=""
      />
      <p role="status">{[...selected].join(" ")}</p>
    </>
  );
}

describe("the table of leads", () => {
  it("shows who a lead is, with a link to their page and as many tags as fit", async () => {
    await renderInApp(<Table number={1} />);
    const row = within(screen.getAllByRole("row")[1] as HTMLElement);
    expect(row.getByRole("link", { name: "Lead 0" }).getAttribute("href")).toBe("/app/leads/lead-0");
    expect(row.getByText("lead0@a.example")).toBeTruthy();
    expect(row.getByText("Analytical Engines")).toBeTruthy();
    expect(row.getByText("+1")).toBeTruthy();
  });

  it("draws only the rows in sight, and says how many there are", async () => {
    await renderInApp(<Table number={5_000} />);
    const table = screen.getByRole("table", { name: "Leads, newest first" });
    expect(table.getAttribute("aria-rowcount")).toBe("5001");
    const drawn = screen.getAllByRole("row").length;
    expect(drawn).toBeGreaterThan(10);
    expect(drawn).toBeLessThan(60);
  });

  it("selects single leads, and all of them", async () => {
    const { user } = await renderInApp(<Table number={3} />);
    const all = screen.getByRole<HTMLInputElement>("checkbox", { name: "Select all that are loaded" });
    await user.click(screen.getByRole("checkbox", { name: "Select Lead 1" }));
    expect(screen.getByRole("status").textContent).toBe("lead-1");
    expect(all.indeterminate).toBe(true);
    await user.click(all);
    expect(screen.getByRole("status").textContent).toBe("lead-0 lead-1 lead-2");
    expect(all.checked).toBe(true);
    await user.click(all);
    expect(screen.getByRole("status").textContent).toBe("");
  });

  it("moves from row to row with the arrow keys", async () => {
    const { user } = await renderInApp(<Table number={3} />);
    screen.getByRole("link", { name: "Lead 0" }).focus();
    await user.keyboard("{ArrowDown}");
    await waitFor(() => expect(document.activeElement?.textContent).toBe("Lead 1"));
    await user.keyboard("{ArrowUp}");
    await waitFor(() => expect(document.activeElement?.textContent).toBe("Lead 0"));
    await user.keyboard("{ArrowUp}");
    expect(document.activeElement?.textContent).toBe("Lead 0");
  });

  it("asks for the next page before the last row is in sight", async () => {
    let asked = 0;
    const onMore = () => {
      asked += 1;
    };
    await renderInApp(<Table number={30} more onMore={onMore} />);
    expect(screen.getByRole("table").getAttribute("aria-rowcount")).toBe("-1");
    await waitFor(() => expect(asked).toBeGreaterThan(0));
  });
});
