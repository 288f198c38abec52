"""Enrolling many leads in one statement, and steering those that are enrolled."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from db.session import WriteSession

# Held until the enrollment is committed: a sequence that is being paused waits for it, and then pauses it too; so
# does the first exclusive sequence of the tenant, or a change of its caps (`0003_batches.sql`).
_HOLD = text("""
    SELECT q.status, t.settings AS tenant_settings
      FROM sequences q JOIN tenants t ON t.id = q.tenant_id
     WHERE q.tenant_id = :tenant_id AND q.id = :sequence_id
       FOR SHARE OF q, t
""")
# A statement of its own: who waited for the lock above must see what was published meanwhile.
_VERSION = text("""
    SELECT v.id, v.plan, clock_timestamp() AS now
      FROM sequences q
      JOIN sequence_versions v
        ON v.tenant_id = q.tenant_id AND v.sequence_id = q.id AND v.version = q.current_version
     WHERE q.tenant_id = :tenant_id AND q.id = :sequence_id
""")
_ENROLL = text("""
    SELECT lead_id, outcome, until, enrollment_id, mailbox_id
      FROM enroll_lead_in_sequence(
           :tenant_id, :lead_ids, :sequence_id, :version_id, :first_step_id, :waiting_for, :due_at, :due_by_zone,
           :campaign_id, :batch_id, :policy, :mailbox_ids, :now, :dry_run)
""").bindparams(bindparam("due_by_zone", type_=JSONB), bindparam("policy", type_=JSONB))
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
_PAUSE = text("SELECT (pause_lead_sequence(:tenant_id, :enrollment_id, 'lead')).status")
_RESUME = text("SELECT (resume_lead_sequence(:tenant_id, :enrollment_id, :mode)).status")
_STOP = text("SELECT (stop_lead_sequence(:tenant_id, :enrollment_id, :reason)).status")


async def hold_sequence(session: WriteSession, sequence_id: UUID) -> Row[Any] | None:
    """`status` and `tenant_settings`; both stay as they are until the transaction ends."""
    key = {"tenant_id": session.tenant_id, "sequence_id": sequence_id}
    return (await session.execute(_HOLD, key)).one_or_none()


async def current_version(session: WriteSession, sequence_id: UUID) -> Row[Any]:
    """`id` and `plan` of a sequence that has been published; and `now`, by Postgres' clock."""
    key = {"tenant_id": session.tenant_id, "sequence_id": sequence_id}
    return (await session.execute(_VERSION, key)).one()


async def enroll(
    session: WriteSession,
    *,
    lead_ids: Sequence[UUID],
    sequence_id: UUID,
    version_id: UUID,
    first_step_id: UUID,
    waiting_for: str | None,
    due_at: datetime,
    due_by_zone: Mapping[str, datetime],
    campaign_id: UUID | None,
    batch_id: UUID | None,
    policy: Mapping[str, Any],
    mailbox_ids: Sequence[UUID],
    now: datetime,
    dry_run: bool,
) -> Sequence[Row[Any]]:
    """One row for each different lead, in the order asked: `lead_id`, `outcome`, `until`, `enrollment_id`,
    `mailbox_id` (that it will hear from; None where there is none)."""
    answer = await session.execute(
        _ENROLL,
        {
            "tenant_id": session.tenant_id,
            "lead_ids": list(lead_ids),
            "sequence_id": sequence_id,
            "version_id": version_id,
            "first_step_id": first_step_id,
            "waiting_for": waiting_for,
            "due_at": due_at,
            "due_by_zone": {zone: moment.isoformat() for zone, moment in due_by_zone.items()},
            "campaign_id": campaign_id,
            "batch_id": batch_id,
            "policy": dict(policy),
            "mailbox_ids": list(mailbox_ids),
            "now": now,
            "dry_run": dry_run,
        },
    )
    return answer.all()


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


async def pause(session: WriteSession, enrollment_id: UUID) -> str:
    """The status afterwards."""
    return await _status_after(session, _PAUSE, enrollment_id)


async def resume(session: WriteSession, enrollment_id: UUID, mode: str) -> str:
    return await _status_after(session, _RESUME, enrollment_id, mode=mode)


async def stop(session: WriteSession, enrollment_id: UUID, reason: str) -> str:
    return await _status_after(session, _STOP, enrollment_id, reason=reason)


async def _status_after(session: WriteSession, move: Any, enrollment_id: UUID, **parameters: Any) -> str:
    key = {"tenant_id": session.tenant_id, "enrollment_id": enrollment_id, **parameters}
    return str(await session.scalar(move, key))
