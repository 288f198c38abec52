"""steering.sql: pauses, resumes, stops and holds one enrollment, or many of a sequence at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import TextClause, text

from db.calls.enrolling import domain_and_parents
from db.calls.rows import DESCRIBED, is_live
from db.calls.sql_call import SqlCall, call_sql
from db.session import ReadSession, WriteSession

_STATUS = "SELECT ({call}).status"


@dataclass(frozen=True, kw_only=True)
class PauseLeadSequence(SqlCall[str], function="pause_lead_sequence", select=_STATUS):
    """Pauses one enrollment. Answers its status afterwards. `by`: `lead` (this enrollment alone), `sequence` or
    `company`."""

    tenant_id: UUID
    enrollment_id: UUID
    by: Literal["lead", "sequence", "company"]


@dataclass(frozen=True, kw_only=True)
class ResumeLeadSequence(SqlCall[str], function="resume_lead_sequence", select=_STATUS):
    """Resumes one enrollment. Answers its status afterwards. `mode`: a `ResumeMode`."""

    tenant_id: UUID
    enrollment_id: UUID
    mode: str


@dataclass(frozen=True, kw_only=True)
class StopLeadSequence(SqlCall[str], function="stop_lead_sequence", select=_STATUS):
    """Stops one enrollment. Answers its status afterwards."""

    tenant_id: UUID
    enrollment_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class StopAndDescribe(SqlCall[dict[str, Any]], function="stop_lead_sequence", select=DESCRIBED):
    """Stops one enrollment, called by its worker. Answers the described directive."""

    tenant_id: UUID
    enrollment_id: UUID
    reason: str | None
    now: datetime | None


@dataclass(frozen=True, kw_only=True)
class HoldLeadSequence(SqlCall[bool], function="hold_lead_sequence", select="SELECT ({call}).hold_until = :until"):
    """Sends nothing before `until`. False: `until` is in the past, or the enrollment already waits for longer."""

    tenant_id: UUID
    enrollment_id: UUID
    until: datetime

    def read(self, answer: Any) -> bool:
        return bool(answer)


@dataclass(frozen=True, kw_only=True)
class HearOfHold(SqlCall[dict[str, Any] | None], function="hear_of_hold"):
    """Records that the workflow is about to learn that it is paused. Answers the described directive; None: the lead
    was erased."""

    tenant_id: UUID
    enrollment_id: UUID


@dataclass(frozen=True, kw_only=True)
class ReleaseParked(SqlCall[int], function="release_parked"):
    """Releases the enrollments that waited for the mailbox, which the caller has locked. Answers their number."""

    tenant_id: UUID
    mailbox_id: UUID
    per_second: float


@dataclass(frozen=True, kw_only=True)
class MigrateEnrollments(SqlCall[None], function="migrate_enrollments", select="SELECT {call}::text", json=("rows",)):
    """Moves enrollments, which the caller has locked, to their places in a newly published version."""

    tenant_id: UUID
    version_id: UUID
    version: int
    rows: Sequence[Mapping[str, Any]]


class EnrollmentFilter(NamedTuple):
    """Which enrollments of a sequence a command still has to change, as a condition on their rows."""

    condition: str


MOVING = EnrollmentFilter("status IN ('pending', 'active')")
LIVE = EnrollmentFilter(is_live("status"))
HELD = EnrollmentFilter("status = 'paused' AND paused_by = 'sequence'")


class Resumed(NamedTuple):
    taken: int
    accepted: int
    due: int
    """Of the taken ones: how many came due during the pause."""


def _some(waiting: EnrollmentFilter, columns: str = "id") -> str:
    return f"""
        SELECT {columns} FROM lead_sequence_state
         WHERE tenant_id = :tenant_id AND sequence_id = :sequence_id AND {waiting.condition} LIMIT :limit
    """


_KEY = {"p_tenant_id": ":tenant_id", "p_enrollment_id": "id"}
# The n-th of those that are due at once becomes due n / per_second seconds after the command, on its own clock.
_NOT_BEFORE = """
    CASE WHEN due THEN CAST(:since AS timestamptz) + clock_offset
                       + make_interval(secs => (:spread + place) / CAST(:per_second AS float)) END
"""
_PAUSE_CALL = call_sql("pause_lead_sequence", **_KEY, p_by="'sequence'")
_STOP_CALL = call_sql("stop_lead_sequence", **_KEY, p_reason=":reason")
_RESUME_CALL = call_sql("resume_lead_sequence", **_KEY, p_mode="'preserve_remaining'", p_not_before=_NOT_BEFORE)
# Each statement locks its rows in the order of their IDs, as everywhere. A row that another transaction has changed
# meanwhile counts as taken and stays as it is.
_PAUSE = text(f"""
    SELECT count(*) AS taken, count(*) FILTER (WHERE (after).status = 'paused') AS accepted
      FROM (SELECT {_PAUSE_CALL} AS after
              FROM (SELECT id FROM ({_some(MOVING)}) taken ORDER BY id) ordered OFFSET 0) moved
""")
_STOP = text(f"""
    SELECT count(*) AS taken, count(*) FILTER (WHERE (after).stop_reason = :reason) AS accepted
      FROM (SELECT {_STOP_CALL} AS after
              FROM (SELECT id FROM ({_some(LIVE)}) taken ORDER BY id) ordered OFFSET 0) moved
""")
_RESUME = text(f"""
    WITH held AS MATERIALIZED (
        SELECT id, due, clock_offset, row_number() OVER (PARTITION BY due ORDER BY next_action_at, id) - 1 AS place
          FROM ({_some(HELD, "id, next_action_at, next_action_at <= paused_at AS due, clock_offset")}) taken
    )
    SELECT count(*) AS taken, count(*) FILTER (WHERE (after).status = 'active') AS accepted,
           count(*) FILTER (WHERE due) AS due
      FROM (SELECT due, {_RESUME_CALL} AS after FROM (SELECT * FROM held ORDER BY id) ordered OFFSET 0) moved
""")
# For all suppressions of this transaction (`now()` is its beginning). Enrollments are stopped in the order of their
# IDs, and once each even if several suppressions apply.
_STOP_SUPPRESSED = text(f"""
    WITH new AS MATERIALIZED (
        SELECT kind, value FROM suppressions WHERE tenant_id = :tenant_id AND created_at = now()
    ), meant AS MATERIALIZED (
        SELECT l.id FROM new JOIN leads l ON l.tenant_id = :tenant_id AND new.kind = 'address' AND l.email = new.value
        UNION
        SELECT l.id FROM (SELECT DISTINCT domain FROM leads
                           WHERE tenant_id = :tenant_id AND EXISTS (SELECT FROM new WHERE kind = 'domain')) d
          JOIN leads l ON l.tenant_id = :tenant_id AND l.domain = d.domain
         WHERE {domain_and_parents("d.domain")} && (SELECT array_agg(value) FROM new WHERE kind = 'domain')
    )
    SELECT count({call_sql("stop_lead_sequence", **_KEY, p_reason="'suppressed'")})
      FROM (SELECT s.id FROM lead_sequence_state s JOIN meant ON meant.id = s.lead_id
             WHERE s.tenant_id = :tenant_id AND {is_live("s.status")}
             ORDER BY s.id OFFSET 0) live
""")


async def stop_newly_suppressed(session: WriteSession) -> int:
    """Stops every live enrollment of the leads that this transaction has suppressed. Returns their number."""
    return int(await session.scalar(_STOP_SUPPRESSED, {"tenant_id": session.tenant_id}) or 0)


async def count_waiting(session: ReadSession, sequence_id: UUID, waiting: EnrollmentFilter) -> int:
    count = text(
        "SELECT count(*) FROM lead_sequence_state"
        f" WHERE tenant_id = :tenant_id AND sequence_id = :sequence_id AND {waiting.condition}"
    )
    return int(await session.scalar(count, {"tenant_id": session.tenant_id, "sequence_id": sequence_id}) or 0)


async def pause_some(session: WriteSession, sequence_id: UUID, limit: int) -> tuple[int, int]:
    """Returns how many enrollments were taken, and how many of them are paused now."""
    row = await _move(session, _PAUSE, sequence_id, limit)
    return row.taken, row.accepted


async def stop_some(session: WriteSession, sequence_id: UUID, limit: int, reason: str) -> tuple[int, int]:
    row = await _move(session, _STOP, sequence_id, limit, reason=reason)
    return row.taken, row.accepted


async def resume_some(
    session: WriteSession, sequence_id: UUID, limit: int, *, since: datetime, spread: int, per_second: float
) -> Resumed:
    """Resumes some enrollments. Those that are due at once are spread from `since` on, after the `spread` earlier
    ones."""
    row = await _move(session, _RESUME, sequence_id, limit, since=since, spread=spread, per_second=float(per_second))
    return Resumed(row.taken, row.accepted, row.due)


async def _move(session: WriteSession, move: TextClause, sequence_id: UUID, limit: int, **parameters: Any) -> Any:
    key = {"tenant_id": session.tenant_id, "sequence_id": sequence_id, "limit": limit, **parameters}
    return (await session.execute(move, key)).one()
