"""Mailboxes: the addresses from which sequences send."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from db.calls.rows import is_live
from db.models import Mailbox
from db.queries.paging import After, newest_page
from db.session import ReadSession, WriteSession

_IN_USE = text(f"""
    SELECT count(*) FROM lead_sequence_state
     WHERE tenant_id = :tenant_id AND mailbox_id = :mailbox_id
       AND {is_live("status")}
""")

_SENT_TODAY = text("""
    SELECT count(u.id)
      FROM mailboxes m
     CROSS JOIN LATERAL (SELECT coalesce(nullif(m.timezone, ''), nullif(m.day_zone, ''), 'UTC') AS zone) whose
     CROSS JOIN LATERAL (SELECT date_trunc('day', now() AT TIME ZONE whose.zone) AS midnight) today
      JOIN send_slots u ON u.mailbox_id = m.id AND u.tenant_id = m.tenant_id AND u.status = 'used'
       AND u.at >= today.midnight AT TIME ZONE whose.zone
       AND u.at < (today.midnight + interval '1 day') AT TIME ZONE whose.zone
     WHERE m.tenant_id = :tenant_id AND m.id = :mailbox_id
""")

_HAVE = text("""
    SELECT EXISTS (SELECT FROM mailboxes WHERE tenant_id = :tenant_id AND email = ANY (CAST(:emails AS text[])))
""")


async def add_mailbox(session: WriteSession, values: Mapping[str, Any]) -> Mailbox | None:
    """Returns None when the tenant already has a mailbox with this address."""
    statement = (
        insert(Mailbox)
        .values(tenant_id=session.tenant_id, **values)
        .on_conflict_do_nothing(constraint="mailboxes_email_key")
        .returning(Mailbox)
    )
    return (await session.scalars(statement)).one_or_none()


async def list_mailboxes(session: ReadSession, after: After | None, limit: int) -> Sequence[Mailbox]:
    statement = select(Mailbox).where(Mailbox.tenant_id == session.tenant_id)
    page = newest_page(statement, Mailbox.created_at, Mailbox.id, after, limit)
    return (await session.scalars(page)).all()


async def have_mailbox(session: ReadSession, emails: Sequence[str]) -> bool:
    """Whether one of these addresses (lower case) is a mailbox of the tenant."""
    return bool(await session.scalar(_HAVE, {"tenant_id": session.tenant_id, "emails": list(emails)}))


async def mailbox_id_of(session: ReadSession, email: str) -> UUID | None:
    statement = select(Mailbox.id).where(Mailbox.tenant_id == session.tenant_id, Mailbox.email == email)
    return await session.scalar(statement)


async def sent_today(session: ReadSession, mailbox_id: UUID) -> int:
    """Returns the number of emails sent on the mailbox's present day, by the time zone of its daily cap."""
    key = {"tenant_id": session.tenant_id, "mailbox_id": mailbox_id}
    return int(await session.scalar(_SENT_TODAY, key) or 0)


async def existing_mailboxes(session: ReadSession, mailbox_ids: Sequence[UUID]) -> set[UUID]:
    """Returns those of the IDs that are mailboxes of the tenant."""
    if not mailbox_ids:
        return set()
    statement = select(Mailbox.id).where(Mailbox.tenant_id == session.tenant_id, Mailbox.id.in_(mailbox_ids))
    return set((await session.scalars(statement)).all())


async def live_enrollments_of(session: ReadSession, mailbox_id: UUID) -> int:
    """Returns the number of enrollments that send from this mailbox and have not ended."""
    return int(await session.scalar(_IN_USE, {"tenant_id": session.tenant_id, "mailbox_id": mailbox_id}) or 0)
