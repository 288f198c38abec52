"""Pause, resume and stop the enrollments of one lead. A whole sequence: services/sequences/steering.py.

When the caller's transaction is committed the gate is closed: no further email of the lead leaves, even when Temporal
has not been told yet.
"""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from db.calls.sql_call import SqlCall
from db.calls.steering import PauseLeadSequence, ResumeLeadSequence, StopLeadSequence
from db.queries.enrollments import enrolling
from db.session import WriteSession
from domain.enrollments.status import ACCEPTED_BY, ALREADY_DONE, EnrollmentStatus, ResumeMode
from domain.errors import InvalidTransition, NotFound, SequenceNotActive


async def pause(session: WriteSession, lead_id: UUID, sequence_id: UUID | None) -> list[UUID]:
    """Pauses the lead's enrollments. Raises NotFound, and InvalidTransition when nothing of it can be paused."""
    return await _steer(session, "pause", lead_id, sequence_id, partial(PauseLeadSequence, by="lead"))


async def resume(session: WriteSession, lead_id: UUID, sequence_id: UUID | None, mode: ResumeMode) -> list[UUID]:
    """Resumes paused enrollments, and has failed ones try their step again.

    Raises what `pause` raises, and SequenceNotActive when the only obstacle is a sequence that is not active.
    """
    return await _steer(session, "resume", lead_id, sequence_id, partial(ResumeLeadSequence, mode=mode))


async def stop(session: WriteSession, lead_id: UUID, sequence_id: UUID | None, reason: str) -> list[UUID]:
    """Stops enrollments for good. Raises what `pause` raises."""
    return await _steer(session, "stop", lead_id, sequence_id, partial(StopLeadSequence, reason=reason))


async def _steer(
    session: WriteSession,
    verb: str,
    lead_id: UUID,
    sequence_id: UUID | None,
    move: Callable[..., SqlCall[str]],
) -> list[UUID]:
    enrollments = await enrolling.enrollments_of(session, lead_id, sequence_id)
    if not enrollments:
        if await enrolling.lead_exists(session, lead_id):
            raise NotFound("the lead is not enrolled" + (f" in sequence {sequence_id}" if sequence_id else ""))
        raise NotFound(f"no lead {lead_id}")
    # Everywhere, several enrollments are locked in the order of their IDs: no two transactions can deadlock.
    movable = sorted(row.id for row in enrollments if EnrollmentStatus(row.status) in ACCEPTED_BY[verb])
    moved: list[UUID] = []
    for enrollment_id in movable:
        # The status may have changed since it was read. The SQL function locks the row and checks it again.
        after = await move(tenant_id=session.tenant_id, enrollment_id=enrollment_id).within(session)
        if EnrollmentStatus(after) in ALREADY_DONE[verb]:
            moved.append(enrollment_id)
    first = enrollments[0]
    if not moved and EnrollmentStatus(first.status) not in ALREADY_DONE[verb]:
        state = first.status
        if verb == "resume" and movable and first.sequence_status != "active":
            detail = f"the sequence is {first.sequence_status} and holds the lead; activate it"
            raise SequenceNotActive(detail, extra={"state": state, "sequence_state": first.sequence_status})
        raise InvalidTransition(f"cannot {verb} an enrollment that is {state}", state=state)
    return moved
