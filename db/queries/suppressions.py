"""Suppressions: addresses and domains that the tenant never writes to."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from db.models import Suppression
from db.queries.paging import After, newest_page
from db.session import ReadSession, WriteSession

# In the order of their IDs, as everywhere.
_STOP = text("""
    SELECT count(stop_lead_sequence(tenant_id, id, 'suppressed'))
      FROM (SELECT s.tenant_id, s.id
              FROM lead_sequence_state s
              JOIN leads l ON l.tenant_id = s.tenant_id AND l.id = s.lead_id
             WHERE s.tenant_id = :tenant_id AND s.status IN ('pending', 'active', 'paused', 'failed')
               AND CASE :kind WHEN 'address' THEN l.email ELSE split_part(l.email, '@', 2) END = :value
             ORDER BY s.id) live
""")


async def insert_suppression(session: WriteSession, *, kind: str, value: str, reason: str) -> Suppression | None:
    """None when the tenant has it already."""
    statement = (
        insert(Suppression)
        .values(tenant_id=session.tenant_id, kind=kind, value=value, reason=reason)
        .on_conflict_do_nothing(constraint="suppressions_value_key")
        .returning(Suppression)
    )
    return (await session.scalars(statement)).one_or_none()


async def suppression_id_of(session: ReadSession, kind: str, value: str) -> UUID | None:
    statement = select(Suppression.id).where(
        Suppression.tenant_id == session.tenant_id, Suppression.kind == kind, Suppression.value == value
    )
    return await session.scalar(statement)


async def list_suppressions(
    session: ReadSession, *, kind: str | None, search: str | None, after: After | None, limit: int
) -> Sequence[Suppression]:
    statement = select(Suppression).where(Suppression.tenant_id == session.tenant_id)
    if kind is not None:
        statement = statement.where(Suppression.kind == kind)
    if search:
        statement = statement.where(Suppression.value.icontains(search, autoescape=True))
    page = newest_page(statement, Suppression.created_at, Suppression.id, after, limit)
    return (await session.scalars(page)).all()


async def stop_suppressed(session: WriteSession, kind: str, value: str) -> int:
    """Stops every live enrollment of the leads that it is about; how many."""
    key = {"tenant_id": session.tenant_id, "kind": kind, "value": value}
    return int(await session.scalar(_STOP, key) or 0)
