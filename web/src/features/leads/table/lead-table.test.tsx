import { screen } from "@testing-library/react";
import { it } from "vitest";
import { renderInApp } from "@/testing/render";

it("renders", async () => {
  await renderInApp(<p>hello</p>);
  screen.getByText("hello");
});
