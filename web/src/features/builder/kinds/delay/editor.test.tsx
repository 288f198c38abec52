import { screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { renderEditor } from "../fixtures";
import { delay } from "./kind";

describe("the editor of a wait", () => {
  it("says in words what the fields add up to", async () => {
    const { user, config } = await renderEditor(delay, delay.config());
    expect(screen.getByText("Waits 3 days.")).toBeTruthy();
    const days = screen.getByRole("spinbutton", { name: "days" });
    await user.clear(days);
    await user.type(days, "2");
    await user.click(screen.getByRole("checkbox", { name: "Count business days" }));
    expect(screen.getByText("Waits 2 business days in the lead’s zone.")).toBeTruthy();
    expect(config()).toMatchObject({ days: 2, business_days: true });
  });

  it("takes a choice back without a trace in the config", async () => {
    const { user, config } = await renderEditor(delay, { days: 1 });
    const hours = screen.getByRole("checkbox", { name: "Business hours only" });
    await user.click(hours);
    expect(config()).toEqual({ days: 1, business_hours_only: true });
    await user.click(hours);
    expect(config()).toEqual({ days: 1 });
  });

  it("finds a time zone by typing, and picks it by keyboard", async () => {
    const { user, config } = await renderEditor(delay, { days: 1, send_time: "09:30" });
    await user.click(screen.getByRole("combobox", { name: "In the time zone" }));
    await user.keyboard("tokyo");
    await screen.findByRole("option", { name: "Asia/Tokyo" });
    await user.keyboard("{Enter}");
    expect(config().timezone).toBe("Asia/Tokyo");
    expect(screen.getByText("Waits 1 day, then until 09:30 in Asia/Tokyo.")).toBeTruthy();
  });

  it("keeps what it has no field for", async () => {
    const { user, config } = await renderEditor(delay, { days: 1, of_a_plugin: "kept" });
    await user.click(screen.getByRole("checkbox", { name: "Count business days" }));
    expect(config()).toEqual({ days: 1, of_a_plugin: "kept", business_days: true });
  });
});
