"""Sending an email: render it, pass the gate, give it to the SMTP server, record the result.

The message's row is committed with three statuses, one after another. What a crash leaves behind:

before the gate                  nothing was reserved or sent; the next attempt begins anew
after `reserved`                 nothing was sent; the next attempt sends under the same Message-ID
after `sending` (the final dot)  the message may have been sent; the sequence's `unknown_outcome` decides what to do
after `sent`                     the next attempt finds that the enrollment has moved on
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from db.queries.engine.performing import LoadedMailbox, Reservation
from domain.engine.contracts import Directive
from domain.enrollments.message_id import message_id_of
from domain.errors import Conflict
from mail.compose import new_message_id
from services.engine.composing import PlannedEmail, RenderedEmail, render_email
from services.engine.delivery import advance, deliver, known
from services.engine.send_slots import put_off, reserve_now, send_times
from services.engine.tools import Tools
from services.engine.visit import Visit
from services.fault_points import FaultPoint, passing
from services.observability import metrics


class NoMailbox(Conflict):
    """The tenant has no mailbox that may send."""

    code = "no_mailbox"
    title = "There is no mailbox to send from"
    remedy = "Add a mailbox, or make one active."
    retryable = False


class PostalAddressMissing(Conflict):
    """Every email carries it (domain/engine/footer.py)."""

    code = "postal_address_missing"
    title = "The tenant has no postal address"
    remedy = "Set the tenant's `postal_address`."
    retryable = False


async def send(visit: Visit, tools: Tools, email: PlannedEmail) -> Directive:
    """Send the email now, or put it off until the send window is open and the mailbox has a free send slot.

    Raises MergeFieldMissing, NoMailbox, PostalAddressMissing, WindowNeverOpens, NoFreeSlot, and a DeliveryFailed
    (mail/smtp/failures.py). Raises NoMailServer, SecretKeysMissing or SecretUnreadable if the mailbox cannot send.
    """
    earlier = email.earlier
    sender = await _sender(visit, earlier.mailbox_id if earlier else email.mailbox_id)
    message_id = message_id_of(visit.queries.enrollment_id, visit.step.id, visit.number)
    rendered = render_email(visit, tools, sender, email.content, earlier, message_id)
    passing(FaultPoint.BEFORE_RESERVE)
    reservation = await _pass_gate(visit, sender, _as_reserved(sender, rendered, email.variant, message_id))
    match reservation.outcome:
        case "reserved":
            if reservation.message_id != message_id:
                # An earlier release reserved it under another ID. The links in the email carry the ID.
                reserved_id = known(reservation.message_id)
                rendered = render_email(visit, tools, sender, email.content, earlier, reserved_id)
            passing(FaultPoint.AFTER_RESERVE)
            return await deliver(visit, tools, sender, rendered, reservation, email.variant)
        case "sent" | "unknown":
            if reservation.outcome == "unknown":
                metrics.SEND_FAILURES.labels("unknown_outcome").inc()
            return await advance(visit, reservation, reservation.outcome, email.variant, response=None)
        case _:
            return visit.told(reservation.directive)


async def _pass_gate(visit: Visit, sender: LoadedMailbox, message: Mapping[str, Any]) -> Reservation:
    """Reserve the message with a send slot for this moment; otherwise put the enrollment off, with the cause."""
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
        raise NoMailbox
    if not mailbox.postal_address.strip():
        raise PostalAddressMissing
    return mailbox


def _as_reserved(
    sender: LoadedMailbox, rendered: RenderedEmail, variant: str | None, message_id: UUID
) -> dict[str, Any]:
    """The message in the form of the SQL function `reserve_message`."""
    return {
        "id": str(message_id),
        "mailbox_id": str(sender.id),
        "rfc_message_id": new_message_id(message_id, sender.email.rpartition("@")[2]),
        "thread": rendered.thread,
        "subject": rendered.subject,
        "variant": variant,
    }
