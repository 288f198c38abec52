import { render, screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { FunnelStepResponse } from "@/api/schema";
import { Funnel } from "./funnel";

function funnelStep(changes: Partial<FunnelStepResponse>): FunnelStepResponse {
  return {
    step_id: changes.key ?? "intro",
    key: "intro",
    name: "",
    type: "email",
    position: 1,
    removed: false,
    reached: 0,
    here_now: 0,
    sent: 0,
    opened: 0,
    clicked: 0,
    replied: 0,
    bounced: 0,
    outcomes: [],
    ...changes,
  };
}

/** The figures of a step by their names, as they are read out. */
function figuresOf(step: HTMLElement): Record<string, string> {
  const names = within(step).getAllByRole("term");
  const values = within(step).getAllByRole("definition");
  return Object.fromEntries(
    names.map((name, index) => [
      name.textContent,
      (values[index]?.textContent ?? "").replace(/\s+/g, " ").trim(),
    ]),
  );
}

const steps = () =>
  screen.getAllByRole("heading", { level: 3 }).map((one) => one.closest("li") as HTMLElement);

describe("the funnel", () => {
  it("shows what leads did with an email, each figure as a share", () => {
    const email = funnelStep({
      name: "Hello",
      reached: 50,
      here_now: 3,
      sent: 40,
      opened: 20,
      clicked: 10,
      replied: 4,
    });
    render(<Funnel steps={[email]} enrolled={100} />);
    expect(figuresOf(steps()[0] as HTMLElement)).toEqual({
      Sent: "40",
      Opened: "20 50%",
      Clicked: "10 25%",
      Replied: "4 10%",
      Reached: "50 50%",
      "Here now": "3",
    });
  });

  it("mentions bounces only where there are any", () => {
    render(
      <Funnel
        steps={[funnelStep({ sent: 2, bounced: 1 }), funnelStep({ key: "b", sent: 2 })]}
        enrolled={2}
      />,
    );
    const [first, second] = steps().map(figuresOf);
    expect(first?.Bounced).toBe("1");
    expect(second).not.toHaveProperty("Bounced");
  });

  it("shows how many leads went which way at a condition", () => {
    const check = funnelStep({
      key: "check",
      type: "condition",
      reached: 4,
      outcomes: [
        { branch: "branches[0]", count: 3, outcome: { goto: "intro" } },
        { branch: "else", count: 1, outcome: { stop: true, reason: "not_keen" } },
      ],
    });
    render(<Funnel steps={[funnelStep({ name: "Hello" }), check]} enrolled={4} />);
    const ways = within(screen.getByRole("list", { name: "Ways taken at check" })).getAllByRole("listitem");
    expect(ways.map((way) => way.textContent?.replace(/\s+/g, " "))).toEqual([
      "If 1→ Hello: 3 75%",
      "Else→ stop, not keen: 1 25%",
    ]);
  });

  it("shows a step of a type that the browser does not know, and one that was removed", () => {
    const unknown = funnelStep({ key: "until", type: "wait_until", reached: 7 });
    render(<Funnel steps={[unknown, funnelStep({ key: "old", removed: true })]} enrolled={7} />);
    const [first, second] = steps();
    expect(first?.textContent).toContain("Wait until");
    expect(figuresOf(first as HTMLElement)).toEqual({ Reached: "7 100%", "Here now": "0" });
    expect(second?.textContent).toContain("Email, removed");
  });
});
