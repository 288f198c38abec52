import { numberOf, type Raw, textOf } from "../../model/config";
import { durationOf } from "../../model/words";

/** `Waits 3 business days, then until 09:30 in the lead’s zone`. */
export function delaySummary(config: Raw): string {
  const businessDays = config.business_days === true;
  const businessHours = config.business_hours_only === true;
  const duration = durationOf(
    numberOf(config, "days") ?? 0,
    numberOf(config, "hours") ?? 0,
    numberOf(config, "minutes") ?? 0,
    businessDays ? "business day" : "day",
  );
  const until = untilWords(textOf(config, "send_time"), businessHours, businessDays);
  if (duration === "" && until === "") return "No wait set yet";
  const zone = until !== "" || businessDays ? zoneWords(config) : "";
  return `Waits ${[duration, until].filter(Boolean).join(", then ")}${zone}`;
}

function untilWords(sendTime: string, businessHours: boolean, businessDays: boolean): string {
  if (sendTime !== "") return `until ${sendTime}${businessHours || businessDays ? " on a business day" : ""}`;
  return businessHours ? "for business hours (Monday to Friday, 9 to 17)" : "";
}

function zoneWords(config: Raw): string {
  const zone = textOf(config, "timezone") || "lead";
  return zone === "lead" ? " in the lead’s zone" : ` in ${zone}`;
}
