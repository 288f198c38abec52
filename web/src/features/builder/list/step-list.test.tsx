import { screen, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { renderInApp } from "@/testing/render";
import { step } from "../model/fixtures";
import { BuilderProvider } from "../store/builder-context";
import { builderWith } from "../store/fixtures";
import { StepList } from "./step-list";

it("lists every step, and one whose type the browser does not know", async () => {
  const builder = builderWith([
    step("intro", "email", { subject: "Hello" }),
    step("until", "wait_until", { day: "2099-01-01" }),
    step("check", "condition", { branches: [{ if: "opened", then: { stop: true } }] }),
  ]);
  const { user } = await renderInApp(
    <BuilderProvider value={builder}>
      <StepList />
    </BuilderProvider>,
  );
  const rows = screen.getAllByRole("listitem").filter((row) => row.parentElement?.tagName === "OL");
  expect(rows).toHaveLength(3);
  const [, unknown] = rows;
  if (unknown === undefined) throw new Error("no second row");
  expect(unknown.textContent).toContain("Custom step: Wait until");
  await user.click(within(unknown).getByRole("button", { name: /^Until/ }));
  expect(builder.store.getState().selected).toBe("until");
  await user.click(within(unknown).getByRole("button", { name: "Move Until up" }));
  expect(builder.store.getState().steps.map((item) => item.step.key)).toEqual(["until", "intro", "check"]);
});
