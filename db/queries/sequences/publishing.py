"""Moves enrollments to a newly published version."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text

from db.calls.rows import is_live
from db.session import ReadSession
from domain.sequences.relocation import PlaceInVersion

_BEHIND = f"""
    SELECT s.id, s.version_id, s.current_step_id, s.step_entered_at, s.next_action_at, s.hold_until, s.paused_at,
           l.timezone, clock_timestamp() + s.clock_offset AS now, s.deferral->>'cause' AS put_off_by
      FROM lead_sequence_state s
      JOIN leads l ON l.tenant_id = s.tenant_id AND l.id = s.lead_id
     WHERE s.tenant_id = :tenant_id AND s.sequence_id = :sequence_id
       AND {is_live("s.status")}
       AND s.version_id IS DISTINCT FROM CAST(:version_id AS uuid)
       AND s.id > :after
     ORDER BY s.id LIMIT :limit
"""
_READ = text(_BEHIND)
# In the order of their IDs, as everywhere that several enrollments are locked.
_LOCK = text(f"{_BEHIND} FOR UPDATE OF s")
_COUNT = text(f"""
    SELECT count(*) FROM lead_sequence_state
     WHERE tenant_id = :tenant_id AND sequence_id = :sequence_id AND {is_live("status")}
       AND version_id IS DISTINCT FROM CAST(:version_id AS uuid)
""")
_PLANS = text("""
    SELECT id, plan FROM sequence_versions
     WHERE tenant_id = :tenant_id AND id = ANY (CAST(:version_ids AS uuid[]))
""")

NOBODY = UUID(int=0)


class Behind(NamedTuple):
    """An enrollment on another version, and its place in that version."""

    id: UUID
    version_id: UUID
    standing: PlaceInVersion


async def enrollments_behind(
    session: ReadSession,
    sequence_id: UUID,
    version_id: UUID | None,
    limit: int,
    *,
    after: UUID = NOBODY,
    lock: bool = False,
) -> list[Behind]:
    """Returns live enrollments of the sequence that are not on this version, after `after`, in the order of their
    IDs."""
    key = {
        "tenant_id": session.tenant_id,
        "sequence_id": sequence_id,
        "version_id": version_id,
        "after": after,
        "limit": limit,
    }
    rows = await session.execute(_LOCK if lock else _READ, key)
    return [Behind(row[0], row[1], PlaceInVersion(*row[2:])) for row in rows]


async def count_behind(session: ReadSession, sequence_id: UUID, version_id: UUID | None) -> int:
    key = {"tenant_id": session.tenant_id, "sequence_id": sequence_id, "version_id": version_id}
    return int(await session.scalar(_COUNT, key) or 0)


async def plans(session: ReadSession, version_ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    rows = await session.execute(_PLANS, {"tenant_id": session.tenant_id, "version_ids": list(version_ids)})
    return {row.id: row.plan for row in rows}
