"""What circuit breakers count for a mailbox, and putting it on hold."""

from typing import Literal
from uuid import UUID

from sqlalchemy import text

from db.session import ReadSession, WriteSession
from domain.access.tenant_policy import TenantSettings
from domain.mailboxes.breakers import BreakerSettings, Tally

Failure = Literal["smtp_auth_failures", "imap_auth_failures", "refusals"]
"""The columns that count consecutive failures."""

_SETTINGS = text("SELECT settings FROM tenants WHERE id = :tenant_id")
# The mailbox is locked before any enrollment, as in the send gate, so that no two transactions deadlock.
_LOCK = text("SELECT id FROM mailboxes WHERE tenant_id = :tenant_id AND id = :mailbox_id FOR NO KEY UPDATE")
_OF_MESSAGE = text("SELECT mailbox_id FROM messages WHERE tenant_id = :tenant_id AND id = :message_id")
_COUNT = {
    failure: text(
        f"UPDATE mailboxes SET {failure} = {failure} + 1"
        f" WHERE tenant_id = :tenant_id AND id = :mailbox_id RETURNING {failure}"
    )
    for failure in ("smtp_auth_failures", "imap_auth_failures", "refusals")
}
_CLEAR_IMAP = text("""
    UPDATE mailboxes SET imap_auth_failures = 0
     WHERE tenant_id = :tenant_id AND id = :mailbox_id AND imap_auth_failures > 0
""")
# The last emails that reached a server. Withdrawn and unsent messages do not count.
_TALLY = text("""
    SELECT count(*) AS sent, count(*) FILTER (WHERE EXISTS (
               SELECT FROM lead_engagement e
                WHERE e.tenant_id = :tenant_id AND e.lead_id = g.lead_id AND e.message_id = g.id AND e.type = :type
                  AND (:type <> 'bounce' OR coalesce((e.detail->>'hard')::boolean, true)))) AS came_to_it
      FROM (SELECT m.id, m.lead_id FROM messages m
              JOIN mailboxes b ON b.tenant_id = m.tenant_id AND b.id = m.mailbox_id
             WHERE m.tenant_id = :tenant_id AND m.mailbox_id = :mailbox_id
               AND (b.counted_from IS NULL OR m.reserved_at > b.counted_from)
               AND m.status IN ('sending', 'sent', 'unknown', 'refused')
             ORDER BY m.reserved_at DESC LIMIT :window) g
""")
_HOLD = text("""
    UPDATE mailboxes SET status = 'held', hold_reason = :reason, held_at = now()
     WHERE tenant_id = :tenant_id AND id = :mailbox_id AND status = 'active' RETURNING email
""")


async def breaker_settings(session: ReadSession) -> BreakerSettings:
    """Returns the tenant's settings."""
    found = (await session.execute(_SETTINGS, {"tenant_id": session.tenant_id})).scalar_one()
    return TenantSettings.model_validate(found).breakers


async def lock_sender_of(session: WriteSession, message_id: UUID | None) -> UUID | None:
    """Locks the mailbox that sent the message. Returns None when it is not known any more."""
    if message_id is None:
        return None
    key = {"tenant_id": session.tenant_id, "message_id": message_id}
    mailbox_id: UUID | None = await session.scalar(_OF_MESSAGE, key)
    if mailbox_id is not None:
        await session.execute(_LOCK, {"tenant_id": session.tenant_id, "mailbox_id": mailbox_id})
    return mailbox_id


async def count_failure(session: WriteSession, mailbox_id: UUID, failure: Failure) -> int:
    """Adds a consecutive failure. Returns the new number; 0 when the mailbox does not exist any more."""
    key = {"tenant_id": session.tenant_id, "mailbox_id": mailbox_id}
    return int(await session.scalar(_COUNT[failure], key) or 0)


async def clear_imap_failures(session: WriteSession, mailbox_id: UUID) -> None:
    await session.execute(_CLEAR_IMAP, {"tenant_id": session.tenant_id, "mailbox_id": mailbox_id})


async def tally(session: ReadSession, mailbox_id: UUID, event_type: str, window: int) -> Tally:
    """Of the last `window` emails since the mailbox was released: how many there are, and how many of them bounced hard
    (`bounce`) or were reported as spam (`complaint`)."""
    key = {"tenant_id": session.tenant_id, "mailbox_id": mailbox_id, "type": event_type, "window": window}
    row = (await session.execute(_TALLY, key)).one()
    return Tally(row.sent, row.came_to_it)


async def hold(session: WriteSession, mailbox_id: UUID, reason: str) -> str | None:
    """Puts the mailbox on hold. Returns its address; None if it was not active."""
    key = {"tenant_id": session.tenant_id, "mailbox_id": mailbox_id, "reason": reason}
    return await session.scalar(_HOLD, key)
