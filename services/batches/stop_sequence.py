"""Stops every live enrollment of a sequence that was archived."""

from typing import ClassVar

from db.calls import steering
from db.models import Batch
from db.session import WriteSession
from domain.enrollments.status import StopReason
from services.batches.kind import Chunk
from services.batches.steering_kind import SteeringKind, moved


class StopSequence(SteeringKind):
    name: ClassVar[str] = "stop_sequence"
    command: ClassVar[str] = "stop"
    wanted: ClassVar[str] = "archived"
    waiting: ClassVar[steering.EnrollmentFilter] = steering.LIVE

    async def move(self, session: WriteSession, batch: Batch, limit: int) -> Chunk:
        taken, accepted = await steering.stop_some(session, batch.sequence_id, limit, StopReason.SEQUENCE_ARCHIVED)
        return moved(taken, accepted, limit)
