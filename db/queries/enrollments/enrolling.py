"""What enrolling and steering read: the sequence, its version, the lead and the lead's enrollments."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from db.session import WriteSession

# The locks last until the enrollment is committed. A pause of the sequence waits for them and then also pauses the new
# enrollment. The first exclusive version of the tenant waits too (`await_enrolling`), and so does a change of the
# tenant's contact caps.
_HOLD = text("""
    SELECT q.status, t.settings AS tenant_settings
      FROM sequences q JOIN tenants t ON t.id = q.tenant_id
     WHERE q.tenant_id = :tenant_id AND q.id = :sequence_id
       FOR SHARE OF q, t
""")
# A separate statement: after waiting for the lock above, it must see what was published meanwhile.
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
    """Returns `status` and `tenant_settings`, locked against change until the transaction ends."""
    key = {"tenant_id": session.tenant_id, "sequence_id": sequence_id}
    return (await session.execute(_HOLD, key)).one_or_none()


async def current_version(session: WriteSession, sequence_id: UUID) -> Row[Any]:
    """Returns `id` and `plan` of the current version, and `now` by Postgres' clock. The sequence must be published."""
    key = {"tenant_id": session.tenant_id, "sequence_id": sequence_id}
    return (await session.execute(_VERSION, key)).one()


async def zones_of(session: WriteSession, lead_ids: Sequence[UUID]) -> list[str]:
    """Returns the known time zones of these leads."""
    key = {"tenant_id": session.tenant_id, "lead_ids": list(lead_ids)}
    return list((await session.execute(_ZONES, key)).scalars())


async def campaign_exists(session: WriteSession, campaign_id: UUID) -> bool:
    return bool(await session.scalar(_CAMPAIGN, {"tenant_id": session.tenant_id, "campaign_id": campaign_id}))


async def lead_exists(session: WriteSession, lead_id: UUID) -> bool:
    return bool(await session.scalar(_LEAD, {"tenant_id": session.tenant_id, "lead_id": lead_id}))


async def enrollments_of(session: WriteSession, lead_id: UUID, sequence_id: UUID | None) -> Sequence[Row[Any]]:
    """Returns `id`, `status` and `sequence_status`: live enrollments first, then by time of enrolling, newest first."""
    key = {"tenant_id": session.tenant_id, "lead_id": lead_id, "sequence_id": sequence_id}
    return (await session.execute(_OF_LEAD, key)).all()
