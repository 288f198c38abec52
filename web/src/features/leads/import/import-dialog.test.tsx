import { screen, waitFor, within } from "@testing-library/react";
import { useState } from "react";
import { describe, expect, it } from "vitest";
import type { LeadImportResponse } from "@/api/schema";
import { Refusal } from "@/testing/api-server";
import { renderInApp } from "@/testing/render";
import { server } from "@/testing/server";
import { ImportDialog } from "./import-dialog";

const TAKEN: LeadImportResponse = {
  created: 2,
  updated: 1,
  rejected: [{ row: 4, email: "no-address", code: "invalid_email", detail: "`no-address` is no address" }],
  rejected_count: 1,
  warnings: [],
  warnings_count: 0,
};

const FILE = new File(["Work mail,First Name,Plan\nada@a.example,Ada,pro\n"], "leads.csv", {
  type: "text/csv",
});

function Opened() {
  const [open, setOpen] = useState(true);
  return open ? <ImportDialog onClose={() => setOpen(false)} /> : <p>closed</p>;
}

describe("the import dialog", () => {
  it("reads the columns of a file, and sends what each is for", async () => {
    server.answer("post", "/leads/import", TAKEN);
    const { user } = await renderInApp(<Opened />);
    expect(screen.getByRole<HTMLButtonElement>("button", { name: "Import" }).disabled).toBe(true);
    await user.upload(screen.getByLabelText("CSV file of leads"), FILE);
    await user.click(await screen.findByText(/3 columns/));
    await user.selectOptions(screen.getByRole("combobox", { name: "What Work mail is for" }), "Email");
    await user.selectOptions(screen.getByRole("combobox", { name: "What Plan is for" }), "A custom field");
    await user.click(screen.getByRole("button", { name: "Import" }));
    await screen.findByRole("dialog", { name: "Import finished" });
    const [request] = server.requestsTo("post", "/leads/import");
    expect(request?.headers["content-type"]).toMatch(/^multipart\/form-data; boundary=/);
    expect(request?.body).toContain('{"Work mail":"email","Plan":"custom.plan"}');
    expect(request?.body).toContain('filename="leads.csv"');
    expect(request?.body).toContain("ada@a.example,Ada,pro");
  });

  it("says what became of the rows, and begins again with another file", async () => {
    server.answer("post", "/leads/import", TAKEN);
    const { user } = await renderInApp(<Opened />);
    await user.upload(screen.getByLabelText("CSV file of leads"), FILE);
    await user.click(screen.getByRole("button", { name: "Import" }));
    const rejected = within(await screen.findByRole("table", { name: "Rejected rows" }));
    expect(rejected.getByRole("cell", { name: "No-address is no address." })).toBeTruthy();
    expect(screen.getByText("Created").parentElement?.textContent).toContain("2");
    await user.click(screen.getByRole("button", { name: "Import another file" }));
    expect(screen.getByRole("dialog", { name: "Import leads" })).toBeTruthy();
    expect(screen.getByRole<HTMLButtonElement>("button", { name: "Import" }).disabled).toBe(true);
  });

  it("keeps the file when the server refuses it, and says why", async () => {
    server.answer("post", "/leads/import", () => {
      throw new Refusal(422, "no_email_column", "No column holds addresses.");
    });
    const { user } = await renderInApp(<Opened />);
    await user.upload(screen.getByLabelText("CSV file of leads"), FILE);
    await user.click(screen.getByRole("button", { name: "Import" }));
    expect(await screen.findByText("No column holds addresses.")).toBeTruthy();
    expect(screen.getByText("leads.csv")).toBeTruthy();
    expect(screen.getByRole<HTMLButtonElement>("button", { name: "Import" }).disabled).toBe(false);
  });

  it("closes with Escape", async () => {
    const { user } = await renderInApp(<Opened />);
    await user.keyboard("{Escape}");
    await waitFor(() => expect(screen.getByText("closed")).toBeTruthy());
  });
});
