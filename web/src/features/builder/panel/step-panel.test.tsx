import { screen } from "@testing-library/react";
import { useState } from "react";
import { beforeEach, expect, it } from "vitest";
import { lead, page } from "@/testing/answers";
import { renderInApp } from "@/testing/render";
import { server } from "@/testing/server";
import { step } from "../model/fixtures";
import type { DraftStep, StepProblem } from "../model/step";
import { StepPanel } from "./step-panel";

beforeEach(() => {
  server.answer("get", "/leads", page([lead()]));
  server.answer("get", "/mailboxes", page([]));
});

/** Renders the panel of the first step. `step()` is the step that the panel has reported last. */
async function renderPanel(steps: readonly DraftStep[], problems: readonly StepProblem[] = []) {
  const first = steps[0] ?? step("here");
  let reported = first;
  const onChange = (changed: DraftStep) => {
    reported = changed;
  };
  const panel = <Panel first={first} others={steps.slice(1)} problems={problems} onChange={onChange} />;
  return { ...(await renderInApp(panel)), step: () => reported };
}

interface PanelProps {
  first: DraftStep;
  others: readonly DraftStep[];
  problems: readonly StepProblem[];
  onChange: (step: DraftStep) => void;
}

function Panel({ first, others, problems, onChange }: PanelProps) {
  const [current, setCurrent] = useState(first);
  return (
    <StepPanel
      sequenceId="0190a000-0000-7000-8000-00000000000a"
      step={current}
      steps={[current, ...others]}
      problems={problems}
      onChange={(changed) => {
        onChange(changed);
        setCurrent(changed);
      }}
    />
  );
}

it("changes name and wait of a step", async () => {
  const panel = await renderPanel([step("here", "action", { action: "mark_qualified" })]);
  await panel.user.type(screen.getByRole("textbox", { name: "Name" }), "Qualify");
  const hours = screen.getByRole("spinbutton", { name: "hours" });
  await panel.user.clear(hours);
  await panel.user.type(hours, "4");
  expect(panel.step()).toMatchObject({ name: "Qualify", delay_days: 0, delay_hours: 4 });
});

it("reports a new key when the field is left, and refuses that of another step", async () => {
  const panel = await renderPanel([step("here", "action", {}), step("other", "action", {})]);
  const key = screen.getByRole("textbox", { name: "Key" });
  await panel.user.clear(key);
  await panel.user.type(key, "other");
  expect(screen.getByText("Another step has this key.")).toBeTruthy();
  await panel.user.tab();
  expect(panel.step().key).toBe("here");
  await panel.user.clear(key);
  await panel.user.type(key, "there{Enter}");
  expect(panel.step().key).toBe("there");
});

it("lists a problem that no field is about above all fields", async () => {
  const problem = { field: "", code: "unreachable", detail: "no step leads here" };
  await renderPanel([step("here", "action", { action: "mark_qualified" })], [problem]);
  expect(screen.getByRole("list", { name: "What keeps this step from running" }).textContent).toBe(
    "No step leads here.",
  );
});

it("folds the wait before a step that is a wait itself", async () => {
  const { user } = await renderPanel([step("here", "delay", { days: 3 })]);
  const summary = screen.getByText("Wait before this step, too");
  const details = summary.closest("details");
  expect(details?.open).toBe(false);
  await user.click(summary);
  expect(details?.open).toBe(true);
});

it("shows a step of a type that the browser does not know, and keeps all of it", async () => {
  const unknown = step("until", "wait_until", { day: "2099-01-01", nested: [{ goto: "x" }] });
  const panel = await renderPanel([unknown]);
  await panel.user.type(screen.getByRole("textbox", { name: "Name" }), "New year");
  expect(panel.step()).toEqual({ ...unknown, name: "New year" });
  expect(screen.getByRole("textbox", { name: "Configuration" })).toBeTruthy();
});
