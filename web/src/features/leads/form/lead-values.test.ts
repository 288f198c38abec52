import { describe, expect, it } from "vitest";
import type { LeadResponse } from "@/api/schema";
import { emptyLead, faultOf, mistakeIn, readBack, toCreate, toUpdate, valuesOf } from "./lead-values";

const ADA: LeadResponse = {
  id: "1",
  email: "ada@analytical.example",
  first_name: "Ada",
  last_name: "Lovelace",
  name: "Ada Lovelace",
  company: "",
  title: "",
  phone: "",
  timezone: "",
  status: "new",
  owner_id: null,
  tags: ["trial"],
  custom: { plan: "pro", seats: 12, beta: true },
  created_at: "2026-11-27T10:00:00Z",
  updated_at: "2026-11-27T10:00:00Z",
};

describe("what is sent of an edited lead", () => {
  it("is empty if nothing was edited", () => {
    expect(toUpdate(valuesOf(ADA), ADA)).toEqual({});
  });

  it("holds only what was edited, since the engine may have changed other fields", () => {
    const values = { ...valuesOf(ADA), company: "Engines", tags: ["trial", "vip"], owner_id: "u1" };
    expect(toUpdate(values, ADA)).toEqual({ company: "Engines", tags: ["trial", "vip"], owner_id: "u1" });
  });

  it("takes custom fields away by null, and keeps their types", () => {
    const values = valuesOf(ADA);
    values.custom = [
      { id: 1, name: "seats", value: "13" },
      { id: 2, name: "beta", value: "true" },
      { id: 3, name: " note ", value: "42" },
      { id: 4, name: "", value: "" },
    ];
    expect(toUpdate(values, ADA)).toEqual({ custom: { plan: null, seats: 13, note: "42" } });
  });
});

it.each([
  ["12", "a", "12"],
  ["12", undefined, "12"],
  ["13", 12, 13],
  ["many", 12, "many"],
  ["false", true, false],
  ['{"a":1}', { a: 1 }, { a: 1 }],
])("reads %j back, where %j was before, as %j", (text, before, read) => {
  expect(readBack(text, before)).toEqual(read);
});

it("creates a lead without an owner or a zone", () => {
  expect(toCreate({ ...emptyLead(), email: "a@b.example" })).toMatchObject({
    owner_id: null,
    timezone: "",
    custom: {},
  });
});

it("says what is wrong with the custom fields before the server is asked", () => {
  const rows = (...names: string[]) => ({
    ...emptyLead(),
    custom: names.map((name, id) => ({ id, name, value: "x" })),
  });
  expect(mistakeIn(rows("a", "b"))).toBeNull();
  expect(mistakeIn(rows("a", " a "))?.detail).toContain("two custom fields");
  expect(mistakeIn(rows(""))?.detail).toContain("needs a name");
});

it("finds the server's text about a field or a part of it", () => {
  const faults = [{ field: "tags[2]", code: "too_long", detail: "too long" }];
  expect([faultOf("tags", faults), faultOf("email", faults)]).toEqual(["too long", undefined]);
});
