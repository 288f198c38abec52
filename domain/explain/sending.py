"""The step is due, and the email does not leave."""

from domain.breakers import explained
from domain.explain.reason import Reason, json_time
from domain.explain.situation import Situation


def no_mailbox(at: Situation) -> Reason | None:
    if at.mailbox is not None or not at.sends_email:
        return None
    return Reason("no_mailbox", "there is no active mailbox to send from: add one")


def mailbox_held(at: Situation) -> Reason | None:
    if at.mailbox is None or at.mailbox.status == "active" or not at.sends_email:
        return None
    why = explained(at.mailbox.hold_reason)
    detail = f"the mailbox that this lead hears from is held, and everything of it waits ({why}): release it"
    binds = {"mailbox_id": str(at.mailbox.id), "status": at.mailbox.status, "hold_reason": at.mailbox.hold_reason}
    return Reason("mailbox_held", detail, binds)


def retrying(at: Situation) -> Reason | None:
    if at.error is None or at.is_held:
        return None
    binds = {**at.step_binds(), "error": at.error}
    return Reason("retrying", f"{at.at_step} is being tried again; the last attempt said: {at.error}", binds)


def due(at: Situation) -> Reason:
    binds = {**at.step_binds(), "due_at": json_time(at.due_at)}
    return Reason("due", f"nothing stands in the way: {at.at_step} is due and being done", binds, until=at.now)
