"""Moving enrollments to a newly published version."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from db.session import ReadSession, WriteSession
from domain.sequences.relocation import Standing

_BEHIND = """
    SELECT s.id, s.version_id, s.current_step_id, s.step_entered_at, s.next_action_at, s.hold_until, s.paused_at,
           l.timezone, clock_timestamp() + s.clock_offset AS now, s.deferral->>'cause' AS put_off_by
      FROM lead_sequence_state s
      JOIN leads l ON l.tenant_id = s.tenant_id AND l.id = s.lead_id
     WHERE s.tenant_id = :tenant_id AND s.sequence_id = :sequence_id
       AND s.status IN ('pending', 'active', 'paused', 'failed')
       AND s.version_id IS DISTINCT FROM CAST(:version_id AS uuid)
       AND s.id > :after
     ORDER BY s.id LIMIT :limit
"""
_READ = text(_BEHIND)
# In the order of their IDs, as everywhere that several enrollments are locked.
_LOCK = text(f"{_BEHIND} FOR UPDATE OF s")
_COUNT = text("""
    SELECT count(*) FROM lead_sequence_state
     WHERE tenant_id = :tenant_id AND sequence_id = :sequence_id AND status IN ('pending', 'active', 'paused', 'failed')
       AND version_id IS DISTINCT FROM CAST(:version_id AS uuid)
""")
_PLANS = text("""
    SELECT id, plan FROM sequence_versions
     WHERE tenant_id = :tenant_id AND id = ANY (CAST(:version_ids AS uuid[]))
""")
_MOVE = text("SELECT migrate_enrollments(:tenant_id, :version_id, :rows, :version)::text").bindparams(
    bindparam("rows", type_=JSONB)
)

NOBODY = UUID(int=0)


class Behind(NamedTuple):
    """An enrollment on another version, and where it stands in that."""

    id: UUID
    version_id: UUID
    standing: Standing


async def enrollments_behind(
    session: ReadSession,
    sequence_id: UUID,
    version_id: UUID | None,
    limit: int,
    *,
    after: UUID = NOBODY,
    lock: bool = False,
) -> list[Behind]:
    """Live enrollments of the sequence that are not on this version, in the order of their IDs, behind `after`."""
    key = {
        "tenant_id": session.tenant_id,
        "sequence_id": sequence_id,
        "version_id": version_id,
        "after": after,
        "limit": limit,
    }
    rows = await session.execute(_LOCK if lock else _READ, key)
    return [Behind(row[0], row[1], Standing(*row[2:])) for row in rows]


async def count_behind(session: ReadSession, sequence_id: UUID, version_id: UUID | None) -> int:
    key = {"tenant_id": session.tenant_id, "sequence_id": sequence_id, "version_id": version_id}
    return int(await session.scalar(_COUNT, key) or 0)


async def plans(session: ReadSession, version_ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    rows = await session.execute(_PLANS, {"tenant_id": session.tenant_id, "version_ids": list(version_ids)})
    return {row.id: row.plan for row in rows}


async def migrate(session: WriteSession, version_id: UUID, version: int, rows: Sequence[Mapping[str, Any]]) -> None:
    """Puts enrollments, which the caller has locked, at their places in this version; see `migrate_enrollments`."""
    key = {"tenant_id": session.tenant_id, "version_id": version_id, "version": version}
    await session.execute(_MOVE, {**key, "rows": list(rows)})
