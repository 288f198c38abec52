"""Circuit breakers: a mailbox that does harm, or comes to it, is held, with everything that would leave from it.

Each is judged in the transaction that saw the fact, which also holds the mailbox and notifies. The mailbox is locked
before any enrollment, as at the gate.
"""

from typing import Literal
from uuid import UUID

from db.queries.mailboxes import breakers as queries
from db.queries.mailboxes.breakers import Failure
from db.queries.notifications import notify
from db.session import WriteSession
from domain.mailboxes.breakers import Breaker, explained, too_many_bounces, too_many_complaints, too_many_in_a_row

RELEASED_PER_SECOND = 10.0
"""So many leads go on a second when a mailbox is released that sets no limits of its own."""


async def login_refused(session: WriteSession, mailbox_id: UUID, server: Literal["smtp", "imap"]) -> bool:
    """The mailbox's server does not accept its user name and password. Whether the mailbox is held for it now."""
    failure: Failure = "smtp_auth_failures" if server == "smtp" else "imap_auth_failures"
    return await _count(session, mailbox_id, failure, Breaker.AUTHENTICATION)


async def logged_in(session: WriteSession, mailbox_id: UUID) -> None:
    """Its IMAP server lets it in. (SMTP: the worker says so itself, after a message was taken.)"""
    await queries.clear_imap_failures(session, mailbox_id)


async def message_refused(session: WriteSession, mailbox_id: UUID) -> bool:
    """Its server has refused a message for good, and not for the recipient's sake."""
    return await _count(session, mailbox_id, "refusals", Breaker.REFUSALS)


async def bounced(session: WriteSession, mailbox_id: UUID) -> bool:
    """An email of it came back for good; the event is recorded."""
    limits = await queries.breaker_settings(session)
    tally = await queries.tally(session, mailbox_id, "bounce", limits.bounce_window)
    return too_many_bounces(tally, limits) and await _hold(session, mailbox_id, Breaker.BOUNCES)


async def complained(session: WriteSession, mailbox_id: UUID) -> bool:
    """An email of it was called spam; the event is recorded."""
    limits = await queries.breaker_settings(session)
    tally = await queries.tally(session, mailbox_id, "complaint", limits.complaint_window)
    return too_many_complaints(tally, limits) and await _hold(session, mailbox_id, Breaker.COMPLAINTS)


async def release_mailbox(session: WriteSession, mailbox_id: UUID) -> int:
    """Lets everything go on that waited for the mailbox, which is active again and locked; how many enrollments."""
    return await queries.release_parked(session, mailbox_id, RELEASED_PER_SECOND)


async def _count(session: WriteSession, mailbox_id: UUID, failure: Failure, breaker: Breaker) -> bool:
    count = await queries.count_failure(session, mailbox_id, failure)
    limits = await queries.breaker_settings(session)
    return too_many_in_a_row(breaker, count, limits) and await _hold(session, mailbox_id, breaker)


async def _hold(session: WriteSession, mailbox_id: UUID, breaker: Breaker) -> bool:
    """False where it is held already: one notification is enough."""
    email = await queries.hold(session, mailbox_id, breaker)
    if email is None:
        return False
    why = f"The mailbox {email} is held, and everything of it waits: {explained(breaker)}. Mend that, then release it."
    await notify(session, kind="mailbox_held", message=why)
    return True
