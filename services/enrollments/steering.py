"""Pause, resume and stop: for a lead, and for a whole sequence.

When the caller's transaction is committed the gate is closed: nothing further leaves, whether or not Temporal
has heard of it yet.
"""

from collections.abc import Awaitable, Callable
from uuid import UUID

from db.models import Batch
from db.queries.batches import supersede
from db.queries.enrollments import enrolling
from db.session import WriteSession
from domain.enrollments.status import ACCEPTED_BY, ALREADY_DONE, EnrollmentStatus, ResumeMode
from domain.errors import InvalidTransition, NotFound, SequenceNotActive
from services.batches.pause_sequence import PauseSequence
from services.batches.resume_sequence import ResumeSequence
from services.batches.running import FIRST_CHUNK, begin
from services.batches.steering_kind import SteeringKind
from services.batches.stop_sequence import StopSequence


async def pause(session: WriteSession, lead_id: UUID, sequence_id: UUID | None) -> list[UUID]:
    """Pauses the lead's enrollments. Raises NotFound, and InvalidTransition when nothing of it can be paused."""
    return await _steer(session, "pause", lead_id, sequence_id, lambda one: enrolling.pause(session, one))


async def resume(session: WriteSession, lead_id: UUID, sequence_id: UUID | None, mode: ResumeMode) -> list[UUID]:
    """Lets paused enrollments go on and failed ones try again.

    Raises as `pause` does, and SequenceNotActive where only a paused sequence stands in the way.
    """
    return await _steer(session, "resume", lead_id, sequence_id, lambda one: enrolling.resume(session, one, mode))


async def stop(session: WriteSession, lead_id: UUID, sequence_id: UUID | None, reason: str) -> list[UUID]:
    """Ends enrollments for good. Raises as `pause` does."""
    return await _steer(session, "stop", lead_id, sequence_id, lambda one: enrolling.stop(session, one, reason))


async def pause_sequence(session: WriteSession, sequence_id: UUID, *, first_chunk: int = FIRST_CHUNK) -> Batch:
    """Holds every lead of the sequence: the first ones at once, the rest in the background.

    Of all three: the sequence has its new status already and is locked, and the batch that was under way for an
    earlier command ends.
    """
    return await _steer_all(session, PauseSequence, sequence_id, first_chunk)


async def resume_sequence(session: WriteSession, sequence_id: UUID, *, first_chunk: int = FIRST_CHUNK) -> Batch:
    """Lets go what the sequence held. A lead that was paused by itself stays paused."""
    return await _steer_all(session, ResumeSequence, sequence_id, first_chunk)


async def archive_sequence(session: WriteSession, sequence_id: UUID, *, first_chunk: int = FIRST_CHUNK) -> Batch:
    """Stops every lead of the sequence."""
    return await _steer_all(session, StopSequence, sequence_id, first_chunk)


async def _steer_all(session: WriteSession, kind: type[SteeringKind], sequence_id: UUID, first_chunk: int) -> Batch:
    earlier = [PauseSequence.name, ResumeSequence.name, StopSequence.name]
    await supersede(session, earlier, sequence_id=sequence_id)
    return await begin(session, kind.name, sequence_id=sequence_id, first_chunk=first_chunk)


async def _steer(
    session: WriteSession,
    verb: str,
    lead_id: UUID,
    sequence_id: UUID | None,
    move: Callable[[UUID], Awaitable[str]],
) -> list[UUID]:
    enrollments = await enrolling.enrollments_of(session, lead_id, sequence_id)
    if not enrollments:
        if await enrolling.lead_exists(session, lead_id):
            raise NotFound("the lead is not enrolled" + (f" in sequence {sequence_id}" if sequence_id else ""))
        raise NotFound(f"no lead {lead_id}")
    # Several enrollments are locked in the order of their IDs, as everywhere.
    movable = sorted(row.id for row in enrollments if EnrollmentStatus(row.status) in ACCEPTED_BY[verb])
    moved: list[UUID] = []
    for enrollment_id in movable:
        # The status may have changed since it was read: the function locks the row and looks again.
        if EnrollmentStatus(await move(enrollment_id)) in ALREADY_DONE[verb]:
            moved.append(enrollment_id)
    first = enrollments[0]
    if not moved and EnrollmentStatus(first.status) not in ALREADY_DONE[verb]:
        state = first.status
        if verb == "resume" and movable and first.sequence_status != "active":
            detail = f"the sequence is {first.sequence_status} and holds the lead; activate it"
            raise SequenceNotActive(detail, extra={"state": state, "sequence_state": first.sequence_status})
        raise InvalidTransition(f"cannot {verb} an enrollment that is {state}", state=state)
    return moved
