import { Clock } from "lucide-react";
import { number, text } from "../draft/json";
import { duration, type Kind } from "./kind";

export const delay: Kind = {
  type: "delay",
  label: "Wait",
  hint: "Let time pass",
  icon: Clock,
  tone: "amber",
  key: "wait",
  config: () => ({ days: 3 }),
  summary: ({ config }) => {
    const span = duration({
      days: number(config.days),
      hours: number(config.hours),
      minutes: number(config.minutes),
    });
    const business = config.business_days === true ? span.replace(/\bday/, "business day") : span;
    const until = [
      text(config.send_time),
      config.business_hours_only === true && "in business hours",
      text(config.timezone) !== "lead" && text(config.timezone),
    ];
    const said = [business && `Wait ${business}`, ...until].filter(Boolean).join(", ");
    return business || said === "" ? said : `Until ${said}`;
  },
};
