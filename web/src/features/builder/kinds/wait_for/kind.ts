import { Ear } from "lucide-react";
import type { Kind } from "../kind";

export const waitFor: Kind = {
  type: "wait_for",
  label: "Wait for event",
  hint: "Go on the moment something happens",
  icon: Ear,
  tone: "green",
  key: "wait-for",
  config: () => ({
    event: "clicked",
    timeout_days: 3,
    on_event: { continue: true },
    on_timeout: { continue: true },
  }),
};
