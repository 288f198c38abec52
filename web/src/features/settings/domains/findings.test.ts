import { describe, expect, it } from "vitest";
import type { FindingResponse, FindingsResponse } from "@/api/schema";
import { summary } from "./findings";

const finding = (status: FindingResponse["status"]): FindingResponse => ({
  status,
  detail: "",
  record: null,
  facts: {},
});
const findings = (given: Partial<Record<keyof FindingsResponse, FindingResponse["status"]>>) => ({
  spf: finding(given.spf ?? "pass"),
  dkim: finding(given.dkim ?? "pass"),
  dmarc: finding(given.dmarc ?? "pass"),
  mx: finding(given.mx ?? "pass"),
});

describe("the summary of a domain", () => {
  it.each([
    [null, "Not checked yet"],
    [findings({}), "All in order"],
    [findings({ spf: "fail", dmarc: "missing", mx: "unresolved" }), "To fix: SPF, DMARC"],
    [findings({ mx: "unresolved" }), "DNS gave no answer: MX"],
  ])("says what matters most (%#)", (given, said) => {
    expect(summary(given).text).toBe(said);
  });
});
