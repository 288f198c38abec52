import { describe, expect, it } from "vitest";
import type { SequenceStepResponse } from "@/api/schema";
import { flowEdgesOf, nodesOf } from "./canvas/flow";
import { fromApi, idsOf, toApi } from "./draft/api-steps";
import { change, connect, duplicate, insertAfter, moveOn, remove, shift } from "./draft/edits";
import { draftOf, keysOf } from "./draft/fixtures";
import { edgesOf } from "./draft/graph";
import { placesOf } from "./draft/layout";
import { outlets } from "./draft/outlets";
import { summaryOf } from "./kinds/summary";
import { step } from "./model/fixtures";

const CONFIG = { day: "2099-01-01", on_holiday: { goto: "b" }, list: [1, null, { deep: "ü" }] };
const UNKNOWN = step("until", "wait_until", CONFIG);
const DRAFT = draftOf(step("a"), UNKNOWN, step("b"));

describe("a step of a type that the browser does not know", () => {
  it("has one way out, to the step below", () => {
    expect(outlets(UNKNOWN)).toEqual([{ name: "next", label: "", outcome: { continue: true } }]);
    expect(edgesOf(DRAFT).map((edge) => `${edge.source}>${edge.target ?? edge.end}`)).toEqual([
      "a>until",
      "until>b",
      "b>completed",
    ]);
  });

  it("is drawn with its type as its label", () => {
    const edges = edgesOf(DRAFT);
    const shown = { counted: true, selected: "until", frozen: false };
    const nodes = nodesOf(DRAFT, edges, placesOf(DRAFT, true), shown);
    expect(nodes.find((node) => node.id === "until")?.ariaLabel).toContain("Wait until");
    expect(flowEdgesOf(DRAFT, edges, null, [])).toHaveLength(3);
    expect(summaryOf(UNKNOWN, [])).toBe("Custom step: Wait until");
  });

  it("is saved as it was read, to the last key", () => {
    const item = {
      ...UNKNOWN,
      id: "id-1",
      sequence_id: "s",
      position: 1,
      created_at: "",
      updated_at: "",
    } as unknown as SequenceStepResponse;
    const draft = fromApi([item]);
    expect(toApi(draft, idsOf(draft, [item]))).toEqual([{ ...UNKNOWN, id: "id-1" }]);
  });

  it("keeps its config through every edit around it", () => {
    const uid = "until";
    const edited = [
      insertAfter(DRAFT, uid, { uid: "n", step: step("n") }),
      shift(DRAFT, uid, 1),
      moveOn(DRAFT, uid, { uid: "b", outlet: "next" }),
      connect(DRAFT, { uid, outlet: "next" }, { goto: "a" }),
      remove(DRAFT, "b"),
      change(DRAFT, "b", { ...step("b"), key: "renamed" }),
    ];
    for (const draft of edited) {
      expect(draft.find((item) => item.uid === uid)?.step.config).toEqual(CONFIG);
    }
    const copied = duplicate(DRAFT, uid, "copy");
    expect(copied.find((item) => item.uid === "copy")?.step.config).toEqual(CONFIG);
    expect(keysOf(copied)).toBe("a until until-2 b");
  });
});
