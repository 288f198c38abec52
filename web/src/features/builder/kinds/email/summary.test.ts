import { expect, it } from "vitest";
import { emailSummary } from "./summary";

it.each([
  [{ subject: "Hello" }, "“Hello”"],
  [{ subject: "Hello", reply_in_thread: true }, "“Hello” · in thread"],
  [{ reply_in_thread: true, body_text: "x" }, "Replies in the thread"],
  [{ variants: [{ name: "A", subject: "Hi" }, { name: "B" }] }, "“Hi” · 2 variants"],
  [{}, "No subject yet"],
])("summarizes %o", (config, sentence) => {
  expect(emailSummary(config)).toBe(sentence);
});
