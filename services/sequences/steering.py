"""Pause, resume and stop every lead of a sequence, as a batch.

The sequence's own status closes the gate for all of its leads at once; the batch then reaches each enrollment.
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
