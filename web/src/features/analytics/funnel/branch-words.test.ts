import { describe, expect, it } from "vitest";
import type { StepVariantsResponse, VariantResponse } from "@/api/schema";
import { branchWords, sure, verdict } from "./branch-words";

const variant = (name: string, sent: number, probability_best: number | null): VariantResponse => ({
  name,
  sent,
  opened: 0,
  clicked: 0,
  replied: 0,
  reply_rate: 0,
  probability_best,
});

const step = (
  results: VariantResponse[],
  rest: Partial<StepVariantsResponse> = {},
): StepVariantsResponse => ({
  step_id: "1",
  key: "intro",
  name: "Intro",
  removed: false,
  results,
  winner: null,
  certainty: null,
  statistic: "",
  min_sample: 100,
  required_certainty: 0.95,
  decided_at: null,
  ...rest,
});

describe("verdict", () => {
  it.each([
    [
      step([variant("A", 200, 0.07), variant("B", 200, 0.93)]),
      "B is ahead with 93% certainty; 95% is required.",
    ],
    [
      step([variant("A", 40, 0.07), variant("B", 61, 0.93)]),
      "B is ahead with 93% certainty; 95% is required. Too early to decide: each needs 100 emails, one has only 40.",
    ],
    [
      step([variant("A", 40, 0.5), variant("B", 61, 0.5)]),
      "They are equal so far. Too early to decide: each needs 100 emails, one has only 40.",
    ],
    [step([variant("A", 0, 0.5), variant("B", 0, 0.5)]), "No email was sent yet."],
    [step([variant("A", 9, null), variant("B", 9, 1)]), "Only B is still sent."],
    [step([variant("A", 9, null)]), "No variant is sent any more."],
    [
      step([variant("A", 200, 0.02), variant("B", 200, 0.98)], { winner: "B", certainty: 0.98 }),
      "B has the most replies, 98% certain. The others are still sent.",
    ],
    [
      step([variant("A", 200, 0.02), variant("B", 200, 0.98)], {
        winner: "B",
        certainty: 0.98,
        decided_at: "2026-01-01T00:00:00Z",
      }),
      "B has won, 98% certain. Every lead that comes here gets it.",
    ],
  ])("puts the result into words (%#)", (given, said) => {
    expect(verdict(given)).toBe(said);
  });

  it("never rounds a certainty up to 100 %", () => {
    expect([sure(0.9996), sure(1), sure(0.934), sure(null)]).toEqual(["99.9%", "100%", "93%", "–"]);
  });
});

describe("branchWords", () => {
  const steps = [{ key: "breakup", name: "Last email" }];
  it.each([
    [
      { branch: "branches[0]", outcome: { goto: "breakup" }, count: 1 },
      { way: "If 1", led: "Last email" },
    ],
    [
      { branch: "branches[1]", outcome: { goto: "gone" }, count: 1 },
      { way: "If 2", led: "gone" },
    ],
    [
      { branch: "else", outcome: { stop: true, reason: "no_interest" }, count: 1 },
      { way: "Else", led: "stop, no interest" },
    ],
    [
      { branch: "on_timeout", outcome: { continue: true }, count: 1 },
      { way: "On timeout", led: "next step" },
    ],
    [
      { branch: null, outcome: null, count: 1 },
      { way: "Continued", led: "next step" },
    ],
  ])("names the way and where it led (%#)", (taken, said) => {
    expect(branchWords(taken, steps)).toEqual(said);
  });
});
