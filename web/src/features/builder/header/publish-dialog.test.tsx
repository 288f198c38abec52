import { screen, waitFor, within } from "@testing-library/react";
import { useState } from "react";
import { beforeEach, describe, expect, it } from "vitest";
import type { PublicationResponse } from "@/api/schema";
import { Refusal } from "@/testing/api-server";
import { renderInApp } from "@/testing/render";
import { server } from "@/testing/server";
import { step } from "../model/fixtures";
import { BuilderProvider } from "../store/builder-context";
import { builderWith } from "../store/fixtures";
import { PublishDialog } from "./publish-dialog";

const PUBLICATION: PublicationResponse = {
  batch_id: null,
  changes: [
    { key: "intro", change: "changed" },
    { key: "old-step", change: "removed" },
  ],
  dry_run: true,
  leads: { total: 30, unchanged: 20, wait_less: 0, wait_more: 7, moved: 3, completed: 0 },
  version: 4,
};
const PATH = "/sequences/{sequence_id}/publish";

function Opened({ pinned = false }: { pinned?: boolean }) {
  const [open, setOpen] = useState(false);
  const [builder] = useState(() =>
    builderWith([step("intro", "email", {}, { name: "Introduction" })], {
      settings: { versioning: pinned ? "pin" : "migrate" } as never,
    }),
  );
  return (
    <BuilderProvider value={builder}>
      <button type="button" onClick={() => setOpen(true)}>
        Publish…
      </button>
      <PublishDialog open={open} onOpenChange={setOpen} />
    </BuilderProvider>
  );
}

/** The `dry_run` parameter of each request to publish so far. */
const published = () =>
  server.requestsTo("post", "/sequences/s/publish").map((one) => one.query.get("dry_run"));

describe("the publish dialog", () => {
  beforeEach(() => server.answer("post", PATH, PUBLICATION));

  it("shows what publishing would do to steps and leads before it is done", async () => {
    const { user } = await renderInApp(<Opened />);
    await user.click(screen.getByRole("button", { name: "Publish…" }));
    const dialog = within(await screen.findByRole("dialog", { name: "Publish version 4?" }));
    expect(dialog.getAllByRole("listitem").map((row) => row.textContent)).toEqual([
      "Introductionchanged",
      "Old stepremoved",
    ]);
    expect(dialog.getAllByRole("definition").map((number) => number.textContent)).toEqual(["20", "7", "3"]);
    expect(published()).not.toContain("false");
  });

  it("publishes when it is confirmed by keyboard, and closes", async () => {
    const { user } = await renderInApp(<Opened />);
    await user.click(screen.getByRole("button", { name: "Publish…" }));
    await screen.findByRole("dialog", { name: "Publish version 4?" });
    screen.getByRole("button", { name: "Publish" }).focus();
    await user.keyboard("{Enter}");
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(published()).toContain("false");
  });

  it("publishes nothing when it is left with Escape, and gives the focus back", async () => {
    const { user } = await renderInApp(<Opened />);
    await user.click(screen.getByRole("button", { name: "Publish…" }));
    await screen.findByRole("dialog", { name: "Publish version 4?" });
    await user.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(document.activeElement).toBe(screen.getByRole("button", { name: "Publish…" }));
    expect(published()).not.toContain("false");
  });

  it("says that pinned leads stay on their version", async () => {
    const none = { total: 0, unchanged: 0, wait_less: 0, wait_more: 0, moved: 0, completed: 0 };
    server.answer("post", PATH, { ...PUBLICATION, changes: [], leads: none });
    const { user } = await renderInApp(<Opened pinned />);
    await user.click(screen.getByRole("button", { name: "Publish…" }));
    expect(await screen.findByText("They stay on the version that they started with.")).toBeTruthy();
  });

  it("cannot publish what the server refuses, and says why", async () => {
    server.answer("post", PATH, () => {
      throw new Refusal(409, "sequence_invalid", "Step intro has no subject.");
    });
    const { user } = await renderInApp(<Opened />);
    await user.click(screen.getByRole("button", { name: "Publish…" }));
    expect(await screen.findByText("Step intro has no subject.")).toBeTruthy();
    expect(screen.getByRole<HTMLButtonElement>("button", { name: "Publish" }).disabled).toBe(true);
  });
});
