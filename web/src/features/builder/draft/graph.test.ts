import { describe, expect, it } from "vitest";
import type { SequenceStepResponse } from "@/api/schema";
import { step } from "../model/fixtures";
import { differences, fromApi, idsOf, sameDraft, toApi } from "./api-steps";
import { connect } from "./edits";
import { draftOf, fork } from "./fixtures";
import { edgesOf, unreachable } from "./graph";
import { outlets } from "./outlets";

const EVERY_STEP = draftOf(
  step("intro", "email", { subject: "Hi", variants: [{ name: "A", weight: 1 }], unheard_of: [1] }),
  step("wait", "delay", { days: 3, send_time: "09:30" }, { delay_hours: 2, name: "Wait" }),
  fork("check", { goto: "end" }, { stop: true, reason: "cold" }),
  step("listen", "wait_for", {
    event: "webinar_joined",
    timeout_days: 2,
    on_event: { continue: true },
    on_timeout: { goto: "intro" },
  }),
  step(
    "end",
    "action",
    { action: "tag_lead", add: ["x"] },
    { metadata: { position: { x: 1, y: 2 }, mine: 1 } },
  ),
);

function answered(draft: typeof EVERY_STEP): SequenceStepResponse[] {
  return toApi(draft, {}).map((item, index) => ({
    ...item,
    config: item.config ?? {},
    metadata: item.metadata ?? {},
    id: `id-${item.key}`,
    sequence_id: "s",
    position: index + 1,
    created_at: "",
    updated_at: "",
  }));
}

describe("the API's steps and the draft", () => {
  it("are the same after a conversion in both directions", () => {
    const loaded = fromApi(answered(EVERY_STEP));
    const ids = idsOf(loaded, answered(EVERY_STEP));
    const written = toApi(loaded, ids);
    expect(written.map(({ id, ...rest }) => rest)).toEqual(EVERY_STEP.map((item) => item.step));
    expect(written.map((item) => item.id)).toEqual(EVERY_STEP.map((item) => `id-${item.step.key}`));
  });

  it("keeps the names of this browser over a save, and the IDs of steps that an undo may bring back", () => {
    const ids = idsOf(EVERY_STEP, answered(EVERY_STEP));
    const shorter = EVERY_STEP.slice(1);
    const later = idsOf(shorter, answered(EVERY_STEP).slice(1), ids);
    expect(later.intro).toBe("id-intro");
    expect(fromApi(answered(EVERY_STEP), later).map((item) => item.uid)).toEqual(
      EVERY_STEP.map((item) => item.uid),
    );
  });

  it("does not take another order of keys for an edit", () => {
    const [first, ...others] = EVERY_STEP;
    if (!first) throw new Error("no steps");
    const config = Object.fromEntries(Object.entries(first.step.config).reverse());
    expect(sameDraft([{ ...first, step: { ...first.step, config } }, ...others], EVERY_STEP)).toBe(true);
    const renamed = [{ ...first, step: { ...first.step, name: "Hello" } }, ...others];
    expect(sameDraft(renamed, EVERY_STEP)).toBe(false);
    expect(differences(EVERY_STEP, renamed.slice(0, -1))).toEqual(["Hello", "End"]);
  });
});

describe("edges", () => {
  it("are all ways out, each with its name, its words and its end", () => {
    const told = edgesOf(EVERY_STEP).map(
      ({ source, outlet, label, target, end }) => `${source}.${outlet} “${label}” > ${target ?? end}`,
    );
    expect(told).toEqual([
      "intro.next “” > wait",
      "wait.next “” > check",
      "check.branches[0].then “Opened” > end",
      "check.else “Otherwise” > stopped",
      "listen.on_event “Webinar joined” > end",
      "listen.on_timeout “After 2 days” > intro",
      "end.next “” > completed",
    ]);
  });

  it("are converted back to exactly the same steps", () => {
    for (const edge of edgesOf(EVERY_STEP)) {
      expect(connect(EVERY_STEP, { uid: edge.source, outlet: edge.outlet }, edge.outcome)).toBe(EVERY_STEP);
    }
  });

  it("show a branch to a step that is not there", () => {
    expect(edgesOf(draftOf(fork("check", { goto: "gone" })))[0]).toMatchObject({
      target: null,
      end: "missing",
    });
  });

  it("end at the first branch that is always true", () => {
    const always = step("jump", "condition", { branches: [{ if: "always", then: { goto: "a" } }] });
    expect(outlets(always).map((outlet) => outlet.name)).toEqual(["branches[0].then"]);
  });

  it("find the steps that no way leads to", () => {
    const draft = draftOf(fork("check", { goto: "end" }, { goto: "end" }), step("island"), step("end"));
    expect([...unreachable(draft, edgesOf(draft))]).toEqual(["island"]);
  });
});
