"""What sequences and events change about a lead."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from db.session import WriteSession

_STATUS = text("UPDATE leads SET status = :status WHERE tenant_id = :tenant_id AND id = :lead_id AND status <> :status")
_QUALIFY = text("SELECT qualify_lead(:tenant_id, :lead_id)::text")
# Removes first, then adds what is not there yet; the order of the others is kept.
_TAG = text("""
    UPDATE leads l SET tags = kept.tags || ARRAY(
               SELECT added FROM unnest(CAST(:add AS text[])) WITH ORDINALITY a(added, place)
                WHERE added <> ALL (kept.tags) ORDER BY place)
      FROM (SELECT ARRAY(SELECT tag FROM leads o, unnest(o.tags) WITH ORDINALITY t(tag, place)
                          WHERE o.tenant_id = :tenant_id AND o.id = :lead_id
                            AND tag <> ALL (CAST(:remove AS text[])) ORDER BY place) AS tags) kept
     WHERE l.tenant_id = :tenant_id AND l.id = :lead_id
""")
_ASSIGN = text("""
    UPDATE leads l SET owner_id = u.id FROM users u
     WHERE l.tenant_id = :tenant_id AND l.id = :lead_id AND u.tenant_id = :tenant_id AND u.id = :user_id
    RETURNING l.id
""")


async def set_lead_status(session: WriteSession, lead_id: UUID, status: str) -> None:
    await session.execute(_STATUS, {"tenant_id": session.tenant_id, "lead_id": lead_id, "status": status})


async def qualify_lead(session: WriteSession, lead_id: UUID) -> None:
    """Sets the status to `qualified`, but not of one that asked to be left alone, or whose address is dead."""
    await session.execute(_QUALIFY, {"tenant_id": session.tenant_id, "lead_id": lead_id})


async def tag_lead(session: WriteSession, lead_id: UUID, *, add: Sequence[str], remove: Sequence[str]) -> None:
    """Adds and removes tags; what is there already, or never was, changes nothing."""
    await session.execute(
        _TAG,
        {
            "tenant_id": session.tenant_id,
            "lead_id": lead_id,
            "add": list(dict.fromkeys(add)),
            "remove": list(remove),
        },
    )


async def assign_lead(session: WriteSession, lead_id: UUID, user_id: UUID) -> bool:
    """Makes the user the lead's owner. False when there is no such user."""
    key = {"tenant_id": session.tenant_id, "lead_id": lead_id, "user_id": user_id}
    return await session.scalar(_ASSIGN, key) is not None
