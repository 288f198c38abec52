"""Pauses every live enrollment of a sequence."""

from typing import ClassVar

from db.calls import steering
from db.models import Batch
from db.session import WriteSession
from services.batches.kind import Chunk
from services.batches.steering_kind import SteeringKind, moved


class PauseSequence(SteeringKind):
    name: ClassVar[str] = "pause_sequence"
    command: ClassVar[str] = "pause"
    wanted: ClassVar[str] = "paused"
    waiting: ClassVar[steering.EnrollmentFilter] = steering.MOVING

    async def move(self, session: WriteSession, batch: Batch, limit: int) -> Chunk:
        taken, accepted = await steering.pause_some(session, batch.sequence_id, limit)
        return moved(taken, accepted, limit)
