"""Sending an email: render, pass the gate, hand to SMTP, record. Three moments, each committed.

crash before the gate            nothing reserved, nothing left: the next attempt starts over
after `reserved`                 nothing left: the next attempt sends under the same Message-ID
after `sending` (the final dot)  it may or may not have left: never sent again blindly, the policy decides
after `sent`                     the next attempt finds that the enrollment has moved on
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from db.queries.engine.performing import LoadedMailbox, Reservation
from domain.engine.contracts import Directive
from domain.errors import Conflict
from domain.ids import message_id_of
from mail.compose import new_message_id
from services.engine.composing import Draft, Letter
from services.engine.composing import draft as drafted
from services.engine.delivery import advance, hand_over, known
from services.engine.send_slots import put_off, reserve_now, send_times
from services.engine.steps.effect import Tools
from services.engine.steps.visit import Visit
from services.fault_points import FaultPoint, passing
from services.observability import metrics


class NoMailbox(Conflict):
    """The tenant has no mailbox that may send."""

    code = "no_mailbox"
    title = "There is no mailbox to send from"


class PostalAddressMissing(Conflict):
    """Every email carries it (domain/engine/footer.py)."""

    code = "postal_address_missing"
    title = "The tenant has no postal address"


async def send(visit: Visit, tools: Tools, letter: Letter) -> Directive:
    """Sends it now, or puts it off until the window is open and the mailbox has room.

    Raises MergeFieldMissing, NoMailbox, PostalAddressMissing, WindowNeverOpens, NoFreeSlot, and what SMTP says
    (mail/transport.py); for a mailbox that cannot be sent through NoMailServer, SecretKeysMissing, SecretUnreadable.
    """
    earlier = letter.earlier
    sender = await _sender(visit, earlier.mailbox_id if earlier else letter.mailbox_id)
    message_id = message_id_of(visit.queries.enrollment_id, visit.step.id, visit.number)
    draft = drafted(visit, tools, sender, letter.content, earlier, message_id)
    passing(FaultPoint.BEFORE_RESERVE)
    reservation = await _pass_gate(visit, sender, _as_reserved(sender, draft, letter.variant, message_id))
    match reservation.outcome:
        case "reserved":
            if reservation.message_id != message_id:  # reserved by an earlier release, and so are the links
                draft = drafted(visit, tools, sender, letter.content, earlier, known(reservation.message_id))
            passing(FaultPoint.AFTER_RESERVE)
            return await hand_over(visit, tools, sender, draft, reservation, letter.variant)
        case "sent" | "unknown":
            if reservation.outcome == "unknown":
                metrics.SEND_FAILURES.labels("unknown_outcome").inc()
            return await advance(visit, reservation, reservation.outcome, letter.variant, response=None)
        case _:
            return visit.told(reservation.directive)


async def _pass_gate(visit: Visit, sender: LoadedMailbox, message: Mapping[str, Any]) -> Reservation:
    """The message reserved, with a slot for this moment; or else the enrollment put off, and why."""
    times = send_times(visit, sender)
    today = times.today(visit.now)
    if today is None:
        put_off_first = await put_off(visit, sender, times)
        if put_off_first.outcome != "settle":
            return put_off_first
    reservation = await reserve_now(visit, times, today, message)
    return await put_off(visit, sender, times) if reservation.outcome == "no_slot" else reservation


async def _sender(visit: Visit, mailbox_id: UUID | None) -> LoadedMailbox:
    mailbox = visit.loaded.mailbox
    if mailbox_id is not None and (mailbox is None or mailbox.id != mailbox_id):
        mailbox = await visit.queries.mailbox(mailbox_id)
    if mailbox is None:
        raise NoMailbox("add a mailbox, then resume the enrollment")
    if not mailbox.postal_address.strip():
        raise PostalAddressMissing("give the tenant a postal address, then resume the enrollment")
    return mailbox


def _as_reserved(sender: LoadedMailbox, draft: Draft, variant: str | None, message_id: UUID) -> dict[str, Any]:
    """As `reserve_message` takes it."""
    return {
        "id": str(message_id),
        "mailbox_id": str(sender.id),
        "rfc_message_id": new_message_id(message_id, sender.email.rpartition("@")[2]),
        "thread": draft.thread,
        "subject": draft.subject,
        "variant": variant,
    }
