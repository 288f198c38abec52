import { screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { step } from "../../model/fixtures";
import { renderEditor } from "../fixtures";
import { waitFor } from "./kind";

describe("the editor of a wait for an event", () => {
  it("waits for an event of another program by its name", async () => {
    const { user, config } = await renderEditor(waitFor, waitFor.config());
    await user.selectOptions(screen.getByRole("combobox", { name: "Until" }), "Another event happens…");
    await user.type(screen.getByRole("textbox", { name: "Name of the event" }), "opened");
    // While it is typed, the name equals a known event for a moment. It must stay a name.
    await user.type(screen.getByRole("textbox", { name: "Name of the event" }), "_door");
    expect(config().event).toBe("opened_door");
  });

  it("leads to one step on the event and to another when the time is over", async () => {
    const demo = step("demo", "email", {}, { name: "Demo" });
    const { user, config } = await renderEditor(waitFor, waitFor.config(), { others: [demo] });
    await user.selectOptions(screen.getByRole("combobox", { name: "When it happens" }), "Go back to 1. Demo");
    await user.selectOptions(
      screen.getByRole("combobox", { name: "When the time is over" }),
      "Stop the sequence for the lead",
    );
    expect(config()).toMatchObject({ on_event: { goto: "demo" }, on_timeout: { stop: true } });
  });

  it("takes a part of a day as the longest wait", async () => {
    const { user, config } = await renderEditor(waitFor, waitFor.config());
    const days = screen.getByRole("spinbutton", { name: "For at most" });
    await user.clear(days);
    await user.type(days, "0.5");
    expect(config().timeout_days).toBe(0.5);
  });

  it("names a step that is not there", async () => {
    await renderEditor(waitFor, { ...waitFor.config(), on_event: { goto: "gone" } });
    expect(screen.getByRole("option", { name: "Go to gone (there is no such step)" })).toBeTruthy();
  });
});
