import { beforeEach, describe, expect, it } from "vitest";
import type { SequenceStepsResponse } from "@/api/schema";
import { sameDraft } from "../draft/api-steps";
import { stepOf } from "../draft/draft";
import { insertAfter, remove } from "../draft/edits";
import { fork, keysOf } from "../draft/fixtures";
import { placesOf, withPlaces } from "../draft/layout";
import { step } from "../model/fixtures";
import type { DraftStep } from "../model/step";
import { type BuilderStore, createBuilderStore } from "./store";

function answer(revision: number, ...steps: readonly DraftStep[]): SequenceStepsResponse {
  return {
    steps_revision: revision,
    next_cursor: null,
    items: steps.map((one, index) => ({
      ...one,
      type: one.type as "email",
      id: one.key,
      sequence_id: "s",
      position: index + 1,
      created_at: "",
      updated_at: "",
    })),
  };
}

let store: BuilderStore;
beforeEach(() => {
  store = createBuilderStore(answer(3, step("a"), fork("f", { goto: "c" }), step("c")));
});

function type(uid: string, change: Partial<DraftStep>): void {
  const now = stepOf(store.getState().steps, uid);
  if (now) store.getState().write(uid, { ...now, ...change });
}
const keys = () => keysOf(store.getState().steps);
const undo = () => store.temporal.getState().undo();
const redo = () => store.temporal.getState().redo();

describe("undo", () => {
  it("takes back one named edit at a time, and does it again", () => {
    store.getState().edit("Add d", (steps) => insertAfter(steps, null, { uid: "d", step: step("d") }), "d");
    store.getState().edit("Delete a", (steps) => remove(steps, "a"));
    expect([keys(), store.getState().event]).toEqual(["f c d", "Delete a"]);
    undo();
    expect([keys(), store.getState().event]).toEqual(["a f c d", "Add d"]);
    undo();
    expect(keys()).toBe("a f c");
    redo();
    redo();
    expect(keys()).toBe("f c d");
  });

  it("counts typing in one field as one edit", () => {
    for (const name of ["H", "Hi", "Hi!"]) type("a", { name });
    for (const subject of ["S", "Su"]) type("a", { config: { subject } });
    undo();
    expect(stepOf(store.getState().steps, "a")).toMatchObject({ name: "Hi!", config: {} });
    undo();
    expect(stepOf(store.getState().steps, "a")?.name).toBe("");
    expect(store.temporal.getState().pastStates).toEqual([]);
  });

  it("starts a new edit after an undo, and after another step was opened", () => {
    type("a", { name: "H" });
    undo();
    type("a", { name: "J" });
    store.getState().select("c");
    type("a", { name: "Jo" });
    undo();
    expect(stepOf(store.getState().steps, "a")?.name).toBe("J");
    undo();
    expect(stepOf(store.getState().steps, "a")?.name).toBe("");
  });

  it("closes the panel of a step that is gone", () => {
    store.getState().edit("Add d", (steps) => insertAfter(steps, null, { uid: "d", step: step("d") }), "d");
    undo();
    expect(store.getState().selected).toBe(null);
  });

  it("ignores edits that change nothing", () => {
    store.getState().edit("Nothing", (steps) => steps);
    store.getState().select("a");
    store.getState().count(true);
    expect(store.temporal.getState().pastStates).toEqual([]);
  });
});

describe("a step that was put somewhere", () => {
  const at = { x: 500, y: 400 };
  const placed = () => placesOf(store.getState().steps, false);

  it("stands there, and so do the others", () => {
    const others = placed().get("c");
    store.getState().edit("Move a", (steps) => withPlaces(steps, new Map([...placed(), ["a", at]])));
    expect([placed().get("a"), placed().get("c")]).toEqual([at, others]);
    store.getState().edit("Move a", (steps) => withPlaces(steps, new Map([["a", { x: 1, y: 2 }]])));
    expect([placed().get("a"), placed().get("c")]).toEqual([{ x: 1, y: 2 }, others]);
  });
});

describe("a key that is typed", () => {
  it("takes its branches along past the keys of others", () => {
    for (const key of ["a", "ab"]) type("c", { key });
    const { steps } = store.getState();
    expect(keysOf(steps)).toBe("a f ab");
    expect(stepOf(steps, "f")?.config.branches).toEqual([{ if: "opened", then: { goto: "ab" } }]);
  });
});

describe("what the server has", () => {
  it("takes what was sent as saved, not what was typed since", () => {
    type("a", { name: "Sent" });
    const sent = store.getState().steps;
    type("a", { name: "Since" });
    store
      .getState()
      .keep(sent, answer(4, step("a", "email", {}, { name: "Sent" }), fork("f", { goto: "c" }), step("c")));
    const { steps, saved, revision } = store.getState();
    expect(revision).toBe(4);
    expect(sameDraft(steps, saved)).toBe(false);
    undo();
    expect(keys()).toBe("a f c");
  });

  it("replaces what is here when it is loaded, and leaves nothing to undo", () => {
    type("a", { name: "Mine" });
    store.getState().select("a");
    store.getState().load(answer(9, step("c")));
    const { steps, saved, revision, selected } = store.getState();
    expect([keysOf(steps), revision, selected, steps]).toEqual(["c", 9, null, saved]);
    expect(store.temporal.getState().pastStates).toEqual([]);
  });
});
