import { expect, it } from "vitest";
import { bySkipCode } from "./skip-reasons";

it("counts skipped leads by their reason, the most frequent first", () => {
  const skipped = ["suppressed", "already_enrolled", "suppressed", "some_new_code"].map((code) => ({ code }));
  expect(bySkipCode(skipped).map(({ why, number }) => [why, number])).toEqual([
    ["On the suppression list", 2],
    ["Already in this sequence", 1],
    ["Some new code", 1],
  ]);
});
