"""Where a lead stands in its sequences, and everything that has happened to it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB

from db.queries.paging import After
from db.session import ReadSession

_SELECT = """
    SELECT s.id, s.sequence_id, q.name AS sequence_name, v.version AS sequence_version, s.campaign_id, s.status,
           s.stop_reason, t.id AS step_id, t.key AS step_key, t.type AS step_type, t.position AS step_position,
           s.steps_completed, s.next_action_at, s.emails_sent, s.emails_opened, s.emails_clicked, s.emails_replied,
           s.engagement_score, s.last_activity_at, s.enrolled_at, s.ended_at, s.error, s.lead_id
      FROM lead_sequence_state s
      JOIN sequences q ON q.tenant_id = s.tenant_id AND q.id = s.sequence_id
      JOIN sequence_versions v ON v.tenant_id = s.tenant_id AND v.id = s.version_id
      LEFT JOIN sequence_steps t ON t.tenant_id = s.tenant_id AND t.id = s.current_step_id
     WHERE s.tenant_id = :tenant_id
"""
_STATES = text(_SELECT + " AND s.lead_id = :lead_id ORDER BY s.enrolled_at DESC, s.id DESC")
_STATE = text(_SELECT + " AND s.id = :enrollment_id")

# A filter that is not used is left out of the statement, so that each combination gets its own query plan.
_FILTERS = {"sequence_id": "s.sequence_id", "lead_id": "s.lead_id", "status": "s.status"}
_AFTER = " AND (s.enrolled_at, s.id) < (:after_at, :after_id)"

# Both halves come from an index in the order of their IDs. A lead has few rows, so they are sorted by time here.
_TIMELINE = """
    SELECT happened.*, t.key AS step_key
      FROM (SELECT id, occurred_at AS at, 'log' AS kind, event, step_id, enrollment_id, detail
              FROM sequence_execution_log
             WHERE tenant_id = :tenant_id AND lead_id = :lead_id
            UNION ALL
            SELECT id, occurred_at, 'engagement', coalesce(name, type), step_id, enrollment_id,
                   detail || CASE WHEN machine THEN '{{"machine": true}}' ELSE '{{}}' END::jsonb
              FROM lead_engagement
             WHERE tenant_id = :tenant_id AND lead_id = :lead_id) happened
      LEFT JOIN sequence_steps t ON t.tenant_id = :tenant_id AND t.id = happened.step_id
     WHERE CAST(:after_at AS timestamptz) IS NULL
        OR (happened.at, happened.kind, happened.id) {behind}
           (:after_at, CAST(:after_kind AS text), CAST(:after_id AS bigint))
     ORDER BY happened.at {way}, happened.kind {way}, happened.id {way}
     LIMIT :limit
"""
_OLDEST_FIRST = text(_TIMELINE.format(behind=">", way="ASC")).columns(detail=JSONB)
_NEWEST_FIRST = text(_TIMELINE.format(behind="<", way="DESC")).columns(detail=JSONB)


class EnrollmentState(NamedTuple):
    id: UUID
    sequence_id: UUID
    sequence_name: str
    sequence_version: int
    campaign_id: UUID | None
    status: str
    stop_reason: str | None
    step_id: UUID | None
    step_key: str | None
    step_type: str | None
    step_position: int | None
    steps_completed: int
    next_action_at: datetime | None
    emails_sent: int
    emails_opened: int
    emails_clicked: int
    emails_replied: int
    engagement_score: int
    last_activity_at: datetime | None
    enrolled_at: datetime
    ended_at: datetime | None
    error: str | None
    lead_id: UUID

    @property
    def created_at(self) -> datetime:
        """The position after which the next page starts, in lists that are sorted by the time of enrolling, newest
        first."""
        return self.enrolled_at


class Happened(NamedTuple):
    """One row of the execution log, or one event of the lead."""

    id: int
    at: datetime
    kind: Literal["log", "engagement"]
    event: str
    step_id: UUID | None
    enrollment_id: UUID | None
    detail: dict[str, Any]
    step_key: str | None


async def enrollment_states(session: ReadSession, lead_id: UUID) -> list[EnrollmentState]:
    """Returns the lead's enrollments, newest first."""
    rows = await session.execute(_STATES, {"tenant_id": session.tenant_id, "lead_id": lead_id})
    return [EnrollmentState(*row) for row in rows]


async def find_enrollment(session: ReadSession, enrollment_id: UUID) -> EnrollmentState | None:
    row = (
        await session.execute(_STATE, {"tenant_id": session.tenant_id, "enrollment_id": enrollment_id})
    ).one_or_none()
    return None if row is None else EnrollmentState(*row)


async def list_enrollments(
    session: ReadSession, filters: Mapping[str, Any], after: After | None, limit: int
) -> list[EnrollmentState]:
    """Returns up to `limit + 1` rows, newest first. `filters`: `sequence_id`, `lead_id`, `status`; None does not
    filter."""
    asked = {name: value for name, value in filters.items() if value is not None}
    statement = _SELECT + "".join(f" AND {_FILTERS[name]} = :{name}" for name in asked) + (_AFTER if after else "")
    parameters = {"tenant_id": session.tenant_id, "limit": limit + 1, **asked}
    if after:
        parameters |= {"after_at": after.at, "after_id": after.id}
    rows = await session.execute(text(f"{statement} ORDER BY s.enrolled_at DESC, s.id DESC LIMIT :limit"), parameters)
    return [EnrollmentState(*row) for row in rows]


async def timeline(
    session: ReadSession, lead_id: UUID, after: tuple[datetime, str, int] | None, limit: int, *, newest_first: bool
) -> Sequence[Happened]:
    """Returns up to `limit + 1` rows in the order of time. At the same moment, an event of the lead comes before the
    log rows that follow from it. `newest_first` reverses the whole order."""
    at, kind, row_id = after or (None, None, None)
    parameters = {
        "tenant_id": session.tenant_id,
        "lead_id": lead_id,
        "after_at": at,
        "after_kind": kind,
        "after_id": row_id,
        "limit": limit + 1,
    }
    statement = _NEWEST_FIRST if newest_first else _OLDEST_FIRST
    return [Happened(*row) for row in await session.execute(statement, parameters)]
