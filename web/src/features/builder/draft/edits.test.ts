import { describe, expect, it } from "vitest";
import { step } from "../model/fixtures";
import type { Draft } from "./draft";
import { change, connect, duplicate, insertAfter, insertOn, moveOn, remove, shift } from "./edits";
import { draftOf, fork, keysOf } from "./fixtures";
import { edgesOf } from "./graph";

const LINE = draftOf(step("a"), step("b"), step("c"));
const NEW = { uid: "new", step: step("new") };

/** Every way as `from>to`. */
function ways(draft: Draft): string[] {
  return edgesOf(draft).map((edge) => `${edge.source}>${edge.target ?? edge.end}`);
}

describe("inserting", () => {
  it("puts a step below another, or at the end", () => {
    expect(keysOf(insertAfter(LINE, "a", NEW))).toBe("a new b c");
    expect(keysOf(insertAfter(LINE, null, NEW))).toBe("a b c new");
  });

  it("on a way that continues keeps the targets of the other ways", () => {
    const draft = draftOf(fork("f", { continue: true }), step("b"));
    const after = insertOn(draft, { uid: "f", outlet: "branches[0].then" }, NEW);
    expect(ways(after)).toEqual(["f>new", "f>b", "new>b", "b>completed"]);
  });

  it("on a branch to a step that nothing else runs into comes just before it", () => {
    const draft = draftOf(fork("f", { goto: "z" }, { stop: true }), step("z"));
    const after = insertOn(draft, { uid: "f", outlet: "branches[0].then" }, NEW);
    expect(ways(after)).toEqual(["f>new", "f>stopped", "new>z", "z>completed"]);
  });

  it("on a branch does not affect leads that come to that step from above", () => {
    const draft = draftOf(fork("f", { goto: "z" }), step("b"), step("z"));
    const after = insertOn(draft, { uid: "f", outlet: "branches[0].then" }, NEW);
    const [jump] = after.filter((item) => item.step.key === "to-z").map((item) => item.uid);
    expect(ways(after)).toEqual(["f>new", "f>b", `b>${jump}`, `${jump}>z`, "new>z", "z>completed"]);
  });

  it("needs no jump where the step above can branch by itself", () => {
    const draft = draftOf(fork("f", { goto: "z" }), fork("g", { stop: true }), step("z"));
    const after = insertOn(draft, { uid: "f", outlet: "branches[0].then" }, NEW);
    expect(ways(after)).toEqual(["f>new", "f>g", "g>stopped", "g>z", "new>z", "z>completed"]);
  });
});

describe("removing", () => {
  it("redirects branches to the step below", () => {
    const draft = draftOf(fork("f", { goto: "y" }), step("b"), step("y"), step("z"));
    expect(ways(remove(draft, "y"))).toEqual(["f>z", "f>b", "b>z", "z>completed"]);
  });

  it("keeps a branch to a removed last step, for the author to fix", () => {
    const draft = draftOf(fork("f", { goto: "z" }), step("b"), step("z"));
    expect(ways(remove(draft, "z"))).toEqual(["f>missing", "f>b", "b>completed"]);
  });
});

describe("moving", () => {
  it("goes up and down, and not beyond the ends", () => {
    expect(keysOf(shift(LINE, "b", -1))).toBe("b a c");
    expect(keysOf(shift(LINE, "b", 1))).toBe("a c b");
    expect(shift(LINE, "a", -1)).toBe(LINE);
    expect(shift(LINE, "c", 1)).toBe(LINE);
  });

  it("moves a step to another way", () => {
    expect(keysOf(moveOn(LINE, "c", { uid: "a", outlet: "next" }))).toBe("a c b");
    expect(moveOn(LINE, "c", { uid: "c", outlet: "next" })).toBe(LINE);
  });
});

describe("connecting", () => {
  const draft = draftOf(fork("f", { stop: true }), step("b"), step("z"));
  const branch = { uid: "f", outlet: "branches[0].then" };

  it("sets where a branch leads", () => {
    expect(ways(connect(draft, branch, { goto: "z" }))[0]).toBe("f>z");
    expect(ways(connect(draft, { ...branch, outlet: "else" }, { stop: true }))[1]).toBe("f>stopped");
  });

  it("to the step below becomes `continue`", () => {
    expect(edgesOf(connect(draft, branch, { goto: "b" }))[0]?.outcome).toEqual({ continue: true });
  });

  it("of a step that cannot branch puts a jump below it", () => {
    const after = connect(LINE, { uid: "a", outlet: "next" }, { goto: "c" });
    expect(keysOf(after)).toBe("a to-c b c");
    expect(connect(LINE, { uid: "a", outlet: "next" }, { goto: "b" })).toBe(LINE);
  });
});

describe("another key", () => {
  const draft = draftOf(
    fork("f", { goto: "z" }),
    step("g", "condition", { branches: [{ if: { opened: { step: "z" } }, then: { stop: true } }] }),
    step("z"),
  );

  it("is renamed in all references to the step", () => {
    const after = change(draft, "z", step("last"));
    expect(ways(after)).toEqual(["f>z", "f>g", "g>stopped", "g>z", "z>completed"]);
    expect(after[1]?.step.config).toEqual({
      branches: [{ if: { opened: { step: "last" } }, then: { stop: true } }],
    });
  });

  it("that another step has renames no reference", () => {
    expect(change(draft, "z", step("g"))[0]?.step).toBe(draft[0]?.step);
  });

  it("of a copy is free", () => {
    const named = draftOf(
      step("a", "email", {}, { name: "Hello", metadata: { position: { x: 1, y: 1 }, k: 1 } }),
    );
    expect(duplicate(named, "a", "copy")[1]).toEqual({
      uid: "copy",
      step: step("a-2", "email", {}, { name: "Hello (copy)", metadata: { k: 1 } }),
    });
  });
});
