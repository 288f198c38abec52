import { Mail } from "lucide-react";
import { plural } from "@/lib/format";
import { list, text } from "../draft/json";
import type { Kind } from "./kind";

/** A subject as it is read: `{{ company | default: 'you' }}` as `‹company›`. */
function plain(template: string): string {
  return template.replaceAll(/\{\{-?\s*([\w.]+)[^}]*\}\}/g, "‹$1›");
}

export const email: Kind = {
  type: "email",
  label: "Email",
  hint: "Write to the lead",
  icon: Mail,
  tone: "blue",
  key: "email",
  config: () => ({ subject: "", body_text: "" }),
  summary: ({ config }) => {
    const subject =
      plain(text(config.subject)) || (config.reply_in_thread === true ? "Reply in the thread" : "");
    const variants = list(config.variants).length;
    return [subject, variants > 0 && plural(variants, "variant")].filter(Boolean).join(" · ");
  },
};
