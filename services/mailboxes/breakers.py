"""Circuit breakers: a mailbox that does harm, or that its server rejects, is held. Nothing leaves from it then.

Each breaker is evaluated in the transaction that recorded the fact. That transaction also holds the mailbox and
notifies. It locks the mailbox before any enrollment, as the gate does.
"""

from typing import Literal
from uuid import UUID

from db.calls.steering import ReleaseParked
from db.queries.mailboxes import breakers as queries
from db.queries.mailboxes.breakers import Failure
from db.queries.notifications import notify
from db.session import WriteSession
from domain.mailboxes.breakers import Breaker, explained, too_many_bounces, too_many_complaints, too_many_in_a_row

RELEASED_PER_SECOND = 10.0
"""How many leads continue each second after the release of a mailbox without limits of its own."""


async def login_refused(session: WriteSession, mailbox_id: UUID, server: Literal["smtp", "imap"]) -> bool:
    """The mailbox's server rejected its user name or password. Returns whether the mailbox is now held for it."""
    failure: Failure = "smtp_auth_failures" if server == "smtp" else "imap_auth_failures"
    return await _count(session, mailbox_id, failure, Breaker.AUTHENTICATION)


async def logged_in(session: WriteSession, mailbox_id: UUID) -> None:
    """Its IMAP server accepted the login. (For SMTP the worker does this itself, after a message was accepted.)"""
    await queries.clear_imap_failures(session, mailbox_id)


async def message_refused(session: WriteSession, mailbox_id: UUID) -> bool:
    """Its server rejected a message for good, for a reason that does not concern the recipient."""
    return await _count(session, mailbox_id, "refusals", Breaker.REFUSALS)


async def bounced(session: WriteSession, mailbox_id: UUID) -> bool:
    """A hard bounce of one of its emails was recorded."""
    limits = await queries.breaker_settings(session)
    tally = await queries.tally(session, mailbox_id, "bounce", limits.bounce_window)
    return too_many_bounces(tally, limits) and await _hold(session, mailbox_id, Breaker.BOUNCES)


async def complained(session: WriteSession, mailbox_id: UUID) -> bool:
    """A spam complaint about one of its emails was recorded."""
    limits = await queries.breaker_settings(session)
    tally = await queries.tally(session, mailbox_id, "complaint", limits.complaint_window)
    return too_many_complaints(tally, limits) and await _hold(session, mailbox_id, Breaker.COMPLAINTS)


async def release_mailbox(session: WriteSession, mailbox_id: UUID) -> int:
    """Releases every enrollment that waited for the mailbox, and returns their number. The mailbox is active again and
    locked by the caller."""
    release = ReleaseParked(tenant_id=session.tenant_id, mailbox_id=mailbox_id, per_second=RELEASED_PER_SECOND)
    return await release.within(session)


async def _count(session: WriteSession, mailbox_id: UUID, failure: Failure, breaker: Breaker) -> bool:
    count = await queries.count_failure(session, mailbox_id, failure)
    limits = await queries.breaker_settings(session)
    return too_many_in_a_row(breaker, count, limits) and await _hold(session, mailbox_id, breaker)


async def _hold(session: WriteSession, mailbox_id: UUID, breaker: Breaker) -> bool:
    """False when the mailbox is held already: one notification is enough."""
    email = await queries.hold(session, mailbox_id, breaker)
    if email is None:
        return False
    why = f"The mailbox {email} is held, and everything of it waits: {explained(breaker)}. Mend that, then release it."
    await notify(session, kind="mailbox_held", message=why)
    return True
