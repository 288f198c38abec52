"""Pauses, resumes and stops every lead of a sequence, as a batch.

The sequence's own status closes the gate for all of its leads at once. The batch then changes each enrollment.
"""

from uuid import UUID

from db.models import Batch
from db.queries.batches import supersede
from db.session import WriteSession
from services.batches.pause_sequence import PauseSequence
from services.batches.resume_sequence import ResumeSequence
from services.batches.running import FIRST_CHUNK, begin
from services.batches.steering_kind import SteeringKind
from services.batches.stop_sequence import StopSequence


async def pause_sequence(session: WriteSession, sequence_id: UUID, *, first_chunk: int = FIRST_CHUNK) -> Batch:
    """Pauses every lead of the sequence: the first ones now, the rest in the background.

    For all three commands: the caller has set the sequence's new status and locked the sequence. A batch of an earlier
    command ends.
    """
    return await _steer_all(session, PauseSequence, sequence_id, first_chunk)


async def resume_sequence(session: WriteSession, sequence_id: UUID, *, first_chunk: int = FIRST_CHUNK) -> Batch:
    """Resumes what the pause of the sequence holds. A lead that was paused on its own stays paused."""
    return await _steer_all(session, ResumeSequence, sequence_id, first_chunk)


async def archive_sequence(session: WriteSession, sequence_id: UUID, *, first_chunk: int = FIRST_CHUNK) -> Batch:
    """Stops every lead of the sequence."""
    return await _steer_all(session, StopSequence, sequence_id, first_chunk)


async def _steer_all(session: WriteSession, kind: type[SteeringKind], sequence_id: UUID, first_chunk: int) -> Batch:
    earlier = [PauseSequence.name, ResumeSequence.name, StopSequence.name]
    await supersede(session, earlier, sequence_id=sequence_id)
    return await begin(session, kind.name, sequence_id=sequence_id, first_chunk=first_chunk)
