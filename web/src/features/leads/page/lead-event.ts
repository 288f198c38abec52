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

/** What `POST /leads/{id}/events` takes. */
export type LeadEvent =
  | AutoReplyEvent
  | BounceEvent
  | ClickEvent
  | ComplaintEvent
  | CustomEvent
  | OpenEvent
  | ReplyEvent
  | UnsubscribeEvent;
