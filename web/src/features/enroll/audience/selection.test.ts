import { describe, expect, it } from "vitest";
import { countsOf } from "../dry-run/skip-counts";
import { enrollSearch } from "../search";
import { NOBODY, stateOf, toggled } from "./selection";

describe("choosing leads", () => {
  it("adds and takes away, and touches no others", () => {
    const two = toggled(NOBODY, ["a", "b"], true);
    const other = toggled(two, ["b", "c"], false);
    expect([...two.ids]).toEqual(["a", "b"]);
    expect([...other.ids]).toEqual(["a"]);
    expect(NOBODY.ids.size).toBe(0);
  });

  it("is no longer the whole result after a lead was removed", () => {
    expect(toggled({ ids: new Set(["a", "b"]), more: true }, ["a"], false).more).toBe(false);
  });

  it("tells whether all, some or none of the shown leads are selected", () => {
    const chosen = toggled(NOBODY, ["a", "b", "elsewhere"], true);
    expect([stateOf(chosen, ["a", "b"]), stateOf(chosen, ["a", "c"]), stateOf(chosen, ["c"])]).toEqual([
      "all",
      "some",
      "none",
    ]);
    expect(stateOf(chosen, [])).toBe("none");
  });
});

it("counts by reason", () => {
  expect(countsOf([{ code: "bounced" }, { code: "suppressed" }, { code: "bounced" }])).toEqual({
    bounced: 2,
    suppressed: 1,
  });
});

it("reads from the address only what it knows", () => {
  expect(enrollSearch({ by: "file", tag: 7, status: "", batch: "b", other: 1 })).toEqual({
    by: "file",
    tag: "7",
    batch: "b",
  });
  expect(enrollSearch({ by: "pigeon" })).toEqual({});
});
