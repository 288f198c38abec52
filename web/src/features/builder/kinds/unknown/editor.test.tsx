import { screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { kindOf } from "..";
import { renderEditor } from "../fixtures";

const waitUntil = kindOf("wait_until");

describe("the editor of a step type that the browser does not know", () => {
  it("says so, and edits the config as JSON", async () => {
    const { user, config } = await renderEditor(waitUntil, { day: "2099-01-01", deep: { list: [1, null] } });
    expect(screen.getByText(/is a step type of this installation/)).toBeTruthy();
    const json = screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Configuration" });
    expect(JSON.parse(json.value)).toEqual({ day: "2099-01-01", deep: { list: [1, null] } });
    await user.clear(json);
    await user.click(json);
    await user.paste('{"day": "2100-12-24"}');
    expect(config()).toEqual({ day: "2100-12-24" });
  });

  it("keeps the last valid config while the text is not JSON", async () => {
    const { user, config } = await renderEditor(waitUntil, { day: "2099-01-01" });
    const json = screen.getByRole("textbox", { name: "Configuration" });
    await user.type(json, "x");
    expect(json.getAttribute("aria-invalid")).toBe("true");
    expect(config()).toEqual({ day: "2099-01-01" });
  });

  it("shows a problem of the server beside the config", async () => {
    const problem = { field: "config.day", code: "date_parsing", detail: "not a date" };
    await renderEditor(waitUntil, { day: "soon" }, { problems: [problem] });
    expect(screen.getByText("Not a date.")).toBeTruthy();
  });
});
