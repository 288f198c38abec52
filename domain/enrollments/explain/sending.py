"""Causes for which a due email is not sent: no mailbox can send it now, or an attempt has failed."""

from typing import Any

from domain.enrollments.explain.reason import Reason, json_time
from domain.enrollments.explain.situation import Situation
from domain.mailboxes.breakers import explained


def no_mailbox(at: Situation) -> Reason | None:
    if at.mailbox is not None or not at.sends_email:
        return None
    return Reason("no_mailbox", "there is no active mailbox to send from: add one, or make one active")


def mailbox_unhealthy(at: Situation) -> Reason | None:
    if not _is_held(at) or at.mailbox is None or at.mailbox.hold_reason is None:
        return None
    reason, since = at.mailbox.hold_reason, json_time(at.mailbox.held_at)
    detail = (
        f"the mailbox that writes to this lead is held{_since(at)}, and its emails wait:"
        f" {explained(reason)}; correct that, then make the mailbox active"
    )
    return Reason("mailbox_unhealthy", detail, {**_mailbox(at), "hold_reason": reason, "since": since})


def mailbox_held(at: Situation) -> Reason | None:
    if not _is_held(at) or at.mailbox is None or at.mailbox.hold_reason is not None:
        return None
    status = at.mailbox.status
    detail = f"the mailbox that writes to this lead is {status}{_since(at)}, and its emails wait: make it active"
    return Reason("mailbox_held", detail, {**_mailbox(at), "since": json_time(at.mailbox.held_at)})


def _is_held(at: Situation) -> bool:
    return at.sends_email and at.mailbox is not None and at.mailbox.status != "active"


def _since(at: Situation) -> str:
    held_at = at.mailbox.held_at if at.mailbox else None
    return f" since {at.local(held_at)}" if held_at else ""


def _mailbox(at: Situation) -> dict[str, Any]:
    return {"mailbox_id": str(at.mailbox.id), "status": at.mailbox.status} if at.mailbox else {}


def retrying(at: Situation) -> Reason | None:
    if at.error is None or at.is_held:
        return None
    binds = {**at.step_binds(), "error": at.error}
    return Reason("retrying", f"{at.at_step} is being tried again. The last attempt failed: {at.error}", binds)


def due(at: Situation) -> Reason:
    binds = {**at.step_binds(), "due_at": json_time(at.due_at)}
    return Reason("due", f"nothing is in the way: {at.at_step} is due and runs now", binds, until=at.now)
