import { Mail } from "lucide-react";
import type { Kind } from "../kind";

export const email: Kind = {
  type: "email",
  label: "Email",
  hint: "Write to the lead",
  icon: Mail,
  tone: "blue",
  key: "email",
  config: () => ({ subject: "", body_text: "" }),
};
