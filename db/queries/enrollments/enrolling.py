"""What enrolling and steering read: the sequence, its version, the lead and its enrollments."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from db.session import WriteSession

# Held until the enrollment is committed. Whoever pauses the sequence waits for it and then pauses this enrollment, too.
# The first exclusive version of the tenant waits (`await_enrolling`), and so does a change of the tenant's caps.
_HOLD = text("""
    SELECT q.status, t.settings AS tenant_settings
      FROM sequences q JOIN tenants t ON t.id = q.tenant_id
     WHERE q.tenant_id = :tenant_id AND q.id = :sequence_id
       FOR SHARE OF q, t
""")
# A statement of its own: after waiting for the lock above it must see what was published meanwhile.
_VERSION = text("""
    SELECT v.id, v.plan, clock_timestamp() AS now
      FROM sequences q
      JOIN sequence_versions v
        ON v.tenant_id = q.tenant_id AND v.sequence_id = q.id AND v.version = q.current_version
     WHERE q.tenant_id = :tenant_id AND q.id = :sequence_id
""")
_ZONES = text("""
    SELECT DISTINCT timezone FROM leads
     WHERE tenant_id = :tenant_id AND id = ANY (CAST(:lead_ids AS uuid[])) AND timezone <> ''
""")
_CAMPAIGN = text("SELECT EXISTS (SELECT FROM campaigns WHERE tenant_id = :tenant_id AND id = :campaign_id)")
_OF_LEAD = text("""
    SELECT s.id, s.status, q.status AS sequence_status
      FROM lead_sequence_state s
      JOIN sequences q ON q.tenant_id = s.tenant_id AND q.id = s.sequence_id
     WHERE s.tenant_id = :tenant_id AND s.lead_id = :lead_id
       AND (CAST(:sequence_id AS uuid) IS NULL OR s.sequence_id = :sequence_id)
     ORDER BY s.ended_at IS NULL DESC, s.enrolled_at DESC, s.id
""")
_LEAD = text("SELECT EXISTS (SELECT FROM leads WHERE tenant_id = :tenant_id AND id = :lead_id)")


async def hold_sequence(session: WriteSession, sequence_id: UUID) -> Row[Any] | None:
    """`status` and `tenant_settings`; both stay as they are until the transaction ends."""
    key = {"tenant_id": session.tenant_id, "sequence_id": sequence_id}
    return (await session.execute(_HOLD, key)).one_or_none()


async def current_version(session: WriteSession, sequence_id: UUID) -> Row[Any]:
    """`id` and `plan` of a sequence that has been published; and `now`, by Postgres' clock."""
    key = {"tenant_id": session.tenant_id, "sequence_id": sequence_id}
    return (await session.execute(_VERSION, key)).one()


async def zones_of(session: WriteSession, lead_ids: Sequence[UUID]) -> list[str]:
    """The zones that these leads are in, as far as they are known."""
    key = {"tenant_id": session.tenant_id, "lead_ids": list(lead_ids)}
    return list((await session.execute(_ZONES, key)).scalars())


async def campaign_exists(session: WriteSession, campaign_id: UUID) -> bool:
    return bool(await session.scalar(_CAMPAIGN, {"tenant_id": session.tenant_id, "campaign_id": campaign_id}))


async def lead_exists(session: WriteSession, lead_id: UUID) -> bool:
    return bool(await session.scalar(_LEAD, {"tenant_id": session.tenant_id, "lead_id": lead_id}))


async def enrollments_of(session: WriteSession, lead_id: UUID, sequence_id: UUID | None) -> Sequence[Row[Any]]:
    """`id`, `status` and `sequence_status`, live ones first, then the newest."""
    key = {"tenant_id": session.tenant_id, "lead_id": lead_id, "sequence_id": sequence_id}
    return (await session.execute(_OF_LEAD, key)).all()
