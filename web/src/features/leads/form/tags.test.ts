import { expect, it } from "vitest";
import { withTags } from "./tags";

it("adds tags as they are typed, each once", () => {
  expect(withTags(["trial"], " vip, trial;  two  words ,")).toEqual(["trial", "vip", "two words"]);
});
