import { screen, within } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
import { lead, page } from "@/testing/answers";
import { server } from "@/testing/server";
import { step } from "../../model/fixtures";
import { renderEditor } from "../fixtures";
import { email } from "./kind";

beforeEach(() => {
  server.answer("get", "/leads", page([lead()]));
  server.answer("get", "/leads/{lead_id}", lead());
  server.answer("get", "/mailboxes", page([]));
  server.answer("post", "/sequences/{sequence_id}/preview-message", (request) => {
    const asked = JSON.parse(request.body) as { subject: string; body_text: string };
    return {
      from: "sam@sales.example",
      to: "ada@analytical.example",
      subject: asked.subject.replace("{{ first_name }}", "Ada"),
      text: asked.body_text,
      html: "",
      errors: [],
    };
  });
});

describe("the editor of an email", () => {
  it("writes the subject and the text into the config", async () => {
    const { user, config } = await renderEditor(email, email.config());
    await user.type(screen.getByRole("textbox", { name: "Subject" }), "Hello");
    await user.type(screen.getByRole("textbox", { name: "Text" }), "A word");
    expect(config()).toEqual({ subject: "Hello", body_text: "A word" });
  });

  it("previews the message for a lead, as the server renders it", async () => {
    await renderEditor(email, { subject: "Hi {{ first_name }}", body_text: "Good day" });
    const message = await screen.findByRole("article", { name: "The message" });
    expect(within(message).getByText("Hi Ada")).toBeTruthy();
    expect(within(message).getByText("sam@sales.example")).toBeTruthy();
  });

  it("begins a test with two variants, and drops it with the last one", async () => {
    const { user, config } = await renderEditor(email, { subject: "Hello", body_text: "x" });
    await user.click(screen.getByRole("button", { name: "Test variants" }));
    expect(screen.getAllByRole("button", { name: /50%/ })).toHaveLength(2);
    expect(config().variants).toEqual([
      { name: "A", weight: 1 },
      { name: "B", weight: 1 },
    ]);
    await user.click(screen.getByRole("button", { name: "Remove the variant B" }));
    await user.click(screen.getByRole("button", { name: /^A/ }));
    await user.click(screen.getByRole("button", { name: "Remove the variant A" }));
    expect(config()).toEqual({ subject: "Hello", body_text: "x" });
  });

  it("inserts a merge field at the cursor, by keyboard", async () => {
    const { user, config } = await renderEditor(email, { subject: "Hello ", body_text: "x" });
    await user.click(screen.getByRole("textbox", { name: "Subject" }));
    await user.keyboard("{End}");
    screen.getByRole("button", { name: "Insert a field into: Subject" }).focus();
    await user.keyboard("{Enter}");
    await screen.findByRole("menuitem", { name: /First name/ });
    await user.keyboard("{Enter}");
    expect(config().subject).toBe('Hello {{ first_name | default: "there" }}');
  });

  it("replies in the thread of the email before it", async () => {
    const intro = step("intro", "email", { subject: "Our offer" });
    const { user, config } = await renderEditor(email, { body_text: "Any news?" }, { others: [intro] });
    await user.click(screen.getByRole("checkbox", { name: "Reply in the thread" }));
    expect(config()).toEqual({ body_text: "Any news?", reply_in_thread: true });
    await user.click(screen.getByRole("checkbox", { name: "Reply in the thread" }));
    expect(config()).toEqual({ body_text: "Any news?" });
  });

  it("shows a problem of the server beside its field", async () => {
    const problem = { field: "config.subject", code: "missing", detail: "a subject is needed" };
    await renderEditor(email, { body_text: "x" }, { problems: [problem] });
    const subject = screen.getByRole("textbox", { name: "Subject" });
    expect(subject.getAttribute("aria-invalid")).toBe("true");
    expect(screen.getByText("A subject is needed.").id).toBe(subject.getAttribute("aria-describedby"));
  });
});
