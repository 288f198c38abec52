import type {
  AutoReplyEvent,
  BounceEvent,
  ClickEvent,
  ComplaintEvent,
  CustomEvent,
  OpenEvent,
  ReplyEvent,
  UnsubscribeEvent,
} from "@/api/schema";

/** The body of `POST /leads/{id}/events`. */
export type LeadEvent =
  | AutoReplyEvent
  | BounceEvent
  | ClickEvent
  | ComplaintEvent
  | CustomEvent
  | OpenEvent
  | ReplyEvent
  | UnsubscribeEvent;
