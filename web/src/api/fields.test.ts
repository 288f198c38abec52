import { describe, expect, it } from "vitest";
import { formProblem } from "./fields";
import { ApiProblem } from "./problem";

const refused = (...fields: [string, string][]) =>
  new ApiProblem(
    422,
    "invalid",
    "The request is not valid.",
    fields.map(([field, detail]) => ({ field, code: "x", detail })),
  );

describe("formProblem", () => {
  it("puts each problem beside the closest input", () => {
    const problem = formProblem(
      refused(["smtp.host", "a host name is expected"], ["working_hours.days[0]", "no such day"]),
      ["smtp.host", "working_hours", "working_hours.days", "email"],
    );
    expect(problem.of("smtp.host")).toBe("A host name is expected.");
    expect(problem.of("working_hours.days")).toBe("No such day.");
    expect([problem.of("working_hours"), problem.of("email"), problem.rest]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("replaces the server's texts that are meant for programs", () => {
    const error = new ApiProblem(422, "invalid", "", [
      { field: "name", code: "string_too_short", detail: "String should have at least 1 character" },
    ]);
    expect(formProblem(error, ["name"]).of("name")).toBe("Must not be empty.");
  });

  it("does not confuse fields whose names begin the same", () => {
    expect(formProblem(refused(["name_prefix", "too long"]), ["name"]).rest).toBe("Name_prefix: too long.");
  });

  it("keeps what has no input, and what names no field", () => {
    expect(formProblem(refused(["ramp", "is missing"]), ["email"]).rest).toBe("Ramp: is missing.");
    expect(formProblem(new ApiProblem(409, "in_use", "It is in use."), ["email"]).rest).toBe("It is in use.");
    expect(formProblem(null, ["email"]).rest).toBeUndefined();
  });
});
