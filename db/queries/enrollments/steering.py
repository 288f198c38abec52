"""Moving the leads of a whole sequence, some at a time."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import TextClause, text

from db.session import ReadSession, WriteSession


class Waiting(NamedTuple):
    """The enrollments of a sequence that a command has yet to move, as a condition on their rows."""

    condition: str


MOVING = Waiting("status IN ('pending', 'active')")
LIVE = Waiting("status IN ('pending', 'active', 'paused', 'failed')")
HELD = Waiting("status = 'paused' AND paused_by = 'sequence'")


class Resumed(NamedTuple):
    taken: int
    accepted: int
    due: int
    """Of the taken: those that came due during the pause."""


def _some(waiting: Waiting, columns: str = "id") -> str:
    return f"""
        SELECT {columns} FROM lead_sequence_state
         WHERE tenant_id = :tenant_id AND sequence_id = :sequence_id AND {waiting.condition} LIMIT :limit
    """


# Each locks its rows in the order of their IDs, as everywhere. A row that somebody else has moved meanwhile is
# taken and left as it is.
_PAUSE = text(f"""
    SELECT count(*) AS taken, count(*) FILTER (WHERE (after).status = 'paused') AS accepted
      FROM (SELECT pause_lead_sequence(:tenant_id, id, 'sequence') AS after
              FROM (SELECT id FROM ({_some(MOVING)}) taken ORDER BY id) ordered OFFSET 0) moved
""")
_STOP = text(f"""
    SELECT count(*) AS taken, count(*) FILTER (WHERE (after).stop_reason = :reason) AS accepted
      FROM (SELECT stop_lead_sequence(:tenant_id, id, :reason) AS after
              FROM (SELECT id FROM ({_some(LIVE)}) taken ORDER BY id) ordered OFFSET 0) moved
""")
# The n-th of those that are due at once is due n / per_second seconds after the command, on its own clock.
_RESUME = text(f"""
    WITH held AS MATERIALIZED (
        SELECT id, due, clock_offset, row_number() OVER (PARTITION BY due ORDER BY next_action_at, id) - 1 AS place
          FROM ({_some(HELD, "id, next_action_at, next_action_at <= paused_at AS due, clock_offset")}) taken
    )
    SELECT count(*) AS taken, count(*) FILTER (WHERE (after).status = 'active') AS accepted,
           count(*) FILTER (WHERE due) AS due
      FROM (SELECT due, resume_lead_sequence(
                       :tenant_id, id, 'preserve_remaining', NULL,
                       CASE WHEN due THEN
                           CAST(:since AS timestamptz) + clock_offset
                           + make_interval(secs => (:spread + place) / CAST(:per_second AS float)) END) AS after
              FROM (SELECT * FROM held ORDER BY id) ordered OFFSET 0) moved
""")


async def count_waiting(session: ReadSession, sequence_id: UUID, waiting: Waiting) -> int:
    count = text(
        "SELECT count(*) FROM lead_sequence_state"
        f" WHERE tenant_id = :tenant_id AND sequence_id = :sequence_id AND {waiting.condition}"
    )
    return int(await session.scalar(count, {"tenant_id": session.tenant_id, "sequence_id": sequence_id}) or 0)


async def pause_some(session: WriteSession, sequence_id: UUID, limit: int) -> tuple[int, int]:
    """How many were taken, and how many of them are paused now."""
    row = await _move(session, _PAUSE, sequence_id, limit)
    return row.taken, row.accepted


async def stop_some(session: WriteSession, sequence_id: UUID, limit: int, reason: str) -> tuple[int, int]:
    row = await _move(session, _STOP, sequence_id, limit, reason=reason)
    return row.taken, row.accepted


async def resume_some(
    session: WriteSession, sequence_id: UUID, limit: int, *, since: datetime, spread: int, per_second: float
) -> Resumed:
    """Lets some go. What is due at once is spread from `since` on, after `spread` others."""
    row = await _move(session, _RESUME, sequence_id, limit, since=since, spread=spread, per_second=float(per_second))
    return Resumed(row.taken, row.accepted, row.due)


async def _move(session: WriteSession, move: TextClause, sequence_id: UUID, limit: int, **parameters: Any) -> Any:
    key = {"tenant_id": session.tenant_id, "sequence_id": sequence_id, "limit": limit, **parameters}
    return (await session.execute(move, key)).one()
