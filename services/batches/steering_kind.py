"""What pausing, resuming and stopping a whole sequence have in common.

The sequence's own status has changed already, which closes the gate for all of its leads; the batch moves their rows.
The rows that are still to be moved are found by their status, so nothing need be remembered between two chunks.
"""

from abc import abstractmethod
from typing import ClassVar

from db.models import Batch
from db.queries import batches as queries
from db.queries.enrollments import steering
from db.session import WriteSession
from services.batches.kind import BatchKind, Chunk, Then


class SteeringKind(BatchKind):
    wanted: ClassVar[str]
    """The sequence's status that this carries out. When it is another by now, a later command has taken over."""
    waiting: ClassVar[steering.Waiting]
    """The enrollments that are still to be moved."""

    async def count(self, session: WriteSession, batch: Batch) -> int:
        return await steering.count_waiting(session, batch.sequence_id, self.waiting)

    async def chunk(self, session: WriteSession, batch: Batch, limit: int) -> Chunk:
        if await queries.sequence_status(session, batch.sequence_id) != self.wanted:
            return Chunk(Then.SUPERSEDED, cursor=batch.cursor)
        return await self.move(session, batch, limit)

    @abstractmethod
    async def move(self, session: WriteSession, batch: Batch, limit: int) -> Chunk:
        """Moves the next enrollments."""


def moved(taken: int, accepted: int, limit: int) -> Chunk:
    """A chunk that took so many enrollments, and found some of them moved meanwhile by somebody else."""
    return Chunk(Then.MORE if taken == limit else Then.FINISHED, processed=taken, accepted=accepted)
