import { expect, it } from "vitest";
import { prefixOf } from "./prefix";

it("knows a key by its beginning", () => {
  expect(prefixOf("cdz_a-B_c123xyz")).toBe("a-B_c123");
  expect([prefixOf("cdz_short"), prefixOf("other_key_12345"), prefixOf(null)]).toEqual([null, null, null]);
});
