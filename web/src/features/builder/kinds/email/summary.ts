import { plural } from "@/lib/format";
import { isRaw, listOf, type Raw, textOf } from "../../model/config";

/** `“Hello” · in thread · 2 variants`. */
export function emailSummary(config: Raw): string {
  const variants = listOf(config, "variants").filter(isRaw);
  const subject = textOf(config, "subject") || textOf(variants[0] ?? {}, "subject");
  const threaded = config.reply_in_thread === true;
  const first = subject !== "" ? `“${subject}”` : threaded ? "Replies in the thread" : "No subject yet";
  const more = [
    threaded && subject !== "" ? "in thread" : "",
    variants.length > 0 ? plural(variants.length, "variant") : "",
  ];
  return [first, ...more.filter(Boolean)].join(" · ");
}
