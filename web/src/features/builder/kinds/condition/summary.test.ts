import { expect, it } from "vitest";
import { step } from "../../model/fixtures";
import { conditionSummary } from "./summary";

const intro = step("intro", "email", {}, { name: "Invitation" });

it.each([
  ["opened", "opened"],
  [{ if_not_opened: { step: "intro", within_days: 1 } }, "not opened “Invitation” within 1 day"],
  [{ clicked: { step: "gone", include_machine: true } }, "clicked “gone” (machines too)"],
  [{ any: ["opened", { all: ["clicked", "replied"] }] }, "opened or (clicked and replied)"],
  [{ not: { any: ["opened", "clicked"] } }, "not (opened or clicked)"],
  [{ not: { any: ["opened"] } }, "not opened"],
  [{ field: "custom.plan", op: "in", value: ["pro", 5] }, "plan is one of pro, 5"],
  [{ field: "title", op: "exists" }, "title is known"],
  [{ field: "score", op: "gte", value: 5 }, "score is at least 5"],
  [{ opened: {}, clicked: {} }, "something unreadable"],
])("puts the test %o into words", (test, sentence) => {
  const branches = [{ if: test, then: { goto: "intro" } }];
  expect(conditionSummary({ branches }, [intro])).toBe(`If ${sentence}: go to “Invitation”; else continue`);
});

it("counts further branches", () => {
  const branch = { if: "opened", then: { stop: true, reason: "warm" } };
  const config = { branches: [branch, branch, branch], else: { stop: true } };
  expect(conditionSummary(config, [intro])).toBe("If opened: stop (warm); 2 more branches; else stop");
  expect(conditionSummary({}, [intro])).toBe("No branch yet");
});
