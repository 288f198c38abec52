"""Changes to a lead by a sequence that the SQL function `change_lead` (db/sql/performing.sql) does not make."""

from uuid import UUID

from sqlalchemy import text

from db.session import WriteSession

_ASSIGN = text("""
    UPDATE leads l SET owner_id = u.id FROM users u
     WHERE l.tenant_id = :tenant_id AND l.id = :lead_id AND u.tenant_id = :tenant_id AND u.id = :user_id
    RETURNING l.id
""")


async def assign_lead(session: WriteSession, lead_id: UUID, user_id: UUID) -> bool:
    """Makes the user the lead's owner. Returns False when there is no such user or lead."""
    key = {"tenant_id": session.tenant_id, "lead_id": lead_id, "user_id": user_id}
    return await session.scalar(_ASSIGN, key) is not None
