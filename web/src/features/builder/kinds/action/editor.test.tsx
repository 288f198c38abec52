import { screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { lead, page } from "@/testing/answers";
import { server } from "@/testing/server";
import { renderEditor } from "../fixtures";
import { action } from "./kind";

const SAM = {
  id: "0190a000-0000-7000-8000-0000000000aa",
  email: "sam@sales.example",
  name: "Sam Rep",
};

describe("the editor of an action", () => {
  it("shows the fields of the action that is chosen, and forgets those of the one before", async () => {
    const { user, config } = await renderEditor(action, { action: "webhook", url: "https://crm.example/x" });
    expect(screen.getByRole("textbox", { name: "URL" })).toBeTruthy();
    await user.selectOptions(screen.getByRole("combobox", { name: "Does" }), "Add or remove tags");
    expect(screen.queryByRole("textbox", { name: "URL" })).toBeNull();
    await user.type(screen.getByRole("textbox", { name: "Add" }), "vip{Enter}");
    expect(config()).toEqual({ action: "tag_lead", add: ["vip"] });
    await user.click(screen.getByRole("button", { name: "Remove vip" }));
    expect(config()).toEqual({ action: "tag_lead" });
  });

  it("offers the users of the organisation", async () => {
    server.answer("get", "/users", page([SAM as never]));
    const { user, config } = await renderEditor(action, { action: "assign_to_user" });
    await user.click(screen.getByRole("combobox", { name: "User" }));
    await user.click(await screen.findByRole("option", { name: /Sam Rep/ }));
    expect(config()).toEqual({ action: "assign_to_user", user_id: SAM.id });
  });

  it("offers the statuses that leads have", async () => {
    server.answer("get", "/leads", page([lead({ status: "won" })]));
    const { user, config } = await renderEditor(action, { action: "update_status" });
    await user.type(screen.getByRole("combobox", { name: "Status" }), "won");
    expect(config()).toEqual({ action: "update_status", status: "won" });
  });

  it("edits an action that it does not know as JSON", async () => {
    const { user, config } = await renderEditor(action, { action: "set_field", field: "keen" });
    const json = screen.getByRole("textbox", { name: "Config" });
    await user.clear(json);
    await user.click(json);
    await user.paste('{"action": "set_field", "field": "keen", "value": true}');
    expect(config()).toEqual({ action: "set_field", field: "keen", value: true });
  });
});
