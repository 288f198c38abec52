import { Mail } from "lucide-react";
import { listOf, type Raw } from "../../model/config";
import type { StepKind } from "../kind";
import { EmailEditor } from "./editor";
import { emailSummary } from "./summary";

export const email: StepKind = {
  type: "email",
  label: "Email",
  hint: "Write to the lead",
  icon: Mail,
  tone: "blue",
  key: "email",
  config: () => ({ subject: "", body_text: "" }),
  summary: emailSummary,
  fieldPaths,
  Editor: EmailEditor,
};

const WORDING = ["subject", "body_text", "body_html"];

function fieldPaths(config: Raw): readonly string[] {
  const variants = listOf(config, "variants").flatMap((_, index) =>
    ["", ".name", ".weight", ...WORDING.map((field) => `.${field}`)].map(
      (field) => `variants[${index}]${field}`,
    ),
  );
  const winner = ["auto_winner", "auto_winner.min_sample", "auto_winner.certainty"];
  return [...WORDING, "reply_in_thread", "mailbox_id", "variants", ...variants, ...winner];
}
