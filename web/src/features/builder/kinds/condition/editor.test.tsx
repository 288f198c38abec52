import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
import { lead, page } from "@/testing/answers";
import { server } from "@/testing/server";
import { step } from "../../model/fixtures";
import { renderEditor } from "../fixtures";
import { condition } from "./kind";

const intro = step("intro", "email", { subject: "Hello" }, { name: "Introduction" });

beforeEach(() => server.answer("get", "/leads", page([lead()])));

const branch = (number: number) => within(screen.getByRole("listitem", { name: `Branch ${number}` }));

describe("the editor of a condition", () => {
  it("changes what a branch asks, and where it leads", async () => {
    const { user, config } = await renderEditor(condition, condition.config(), { others: [intro] });
    await user.selectOptions(
      branch(1).getByRole("combobox", { name: "Condition" }),
      "The lead clicked a link",
    );
    await user.selectOptions(branch(1).getByRole("combobox", { name: "Of which email" }), "Introduction");
    await user.selectOptions(branch(1).getByRole("combobox", { name: "Then" }), "Go back to 1. Introduction");
    expect(config()).toEqual({
      branches: [{ if: { clicked: { step: "intro" } }, then: { goto: "intro" } }],
      else: { continue: true },
    });
  });

  it("stops with a reason", async () => {
    const { user, config } = await renderEditor(condition, condition.config());
    await user.selectOptions(
      screen.getByRole("combobox", { name: "Else" }),
      "Stop the sequence for the lead",
    );
    await user.type(screen.getByRole("textbox", { name: "Reason" }), "not keen");
    expect(config().else).toEqual({ stop: true, reason: "not keen" });
  });

  it("asks for a custom field of the lead", async () => {
    const { user, config } = await renderEditor(condition, condition.config());
    await user.selectOptions(branch(1).getByRole("combobox", { name: "Condition" }), "A field of the lead…");
    const field = branch(1).getByRole("combobox", { name: "Field of the lead" });
    await user.clear(field);
    await user.type(field, "custom.plan");
    await user.type(branch(1).getByRole("textbox", { name: "Value" }), "pro");
    expect(config().branches).toEqual([
      { if: { field: "custom.plan", op: "eq", value: "pro" }, then: { continue: true } },
    ]);
  });

  it("adds a branch and removes one by keyboard; the focus then is on the button that adds", async () => {
    const { user, config } = await renderEditor(condition, condition.config());
    const add = screen.getByRole("button", { name: "Add a branch" });
    await user.click(add);
    expect(config().branches).toHaveLength(2);
    screen.getByRole("button", { name: "More for branch 2" }).focus();
    await user.keyboard("{Enter}");
    await screen.findByRole("menuitem", { name: "Remove the branch" });
    await user.keyboard("{End}{Enter}");
    expect(config().branches).toHaveLength(1);
    await waitFor(() => expect(document.activeElement).toBe(add));
  });

  it("shows a test that it cannot read as it is written, and keeps it", async () => {
    const unreadable = { opened: {}, clicked: {} };
    const { user, config } = await renderEditor(condition, {
      branches: [{ if: unreadable, then: { stop: true } }],
    });
    expect(branch(1).getByText(JSON.stringify(unreadable))).toBeTruthy();
    await user.selectOptions(
      screen.getByRole("combobox", { name: "Else" }),
      "Stop the sequence for the lead",
    );
    expect(config()).toEqual({ branches: [{ if: unreadable, then: { stop: true } }], else: { stop: true } });
  });

  it("shows a problem of the server beside its branch", async () => {
    const problem = {
      field: "config.branches[0].then.goto",
      code: "unknown_step",
      detail: "there is no step `x`",
    };
    await renderEditor(condition, condition.config(), { problems: [problem] });
    expect(branch(1).getByText("There is no step x.")).toBeTruthy();
  });
});
