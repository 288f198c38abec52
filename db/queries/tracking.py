"""The message that a link was in."""

from uuid import UUID

from sqlalchemy import text

from db.queries.receiving import About
from db.session import WriteSession

_BY_ID = text("""
    SELECT m.lead_id, m.enrollment_id, s.sequence_id, m.id AS message_id, m.step_id, s.clock_offset,
           v.plan->'settings' AS settings
      FROM messages m
      JOIN lead_sequence_state s ON s.tenant_id = m.tenant_id AND s.id = m.enrollment_id
      JOIN sequence_versions v ON v.tenant_id = s.tenant_id AND v.id = s.version_id
     WHERE m.tenant_id = :tenant_id AND m.id = :message_id AND m.status IN ('sending', 'sent', 'unknown')
""")


async def about_link(session: WriteSession, message_id: UUID) -> About | None:
    """None for a message that never left, or that was erased with its lead."""
    found = await session.execute(_BY_ID, {"tenant_id": session.tenant_id, "message_id": message_id})
    row = found.one_or_none()
    return None if row is None else About(**row._mapping)  # pyright: ignore[reportPrivateUsage]
