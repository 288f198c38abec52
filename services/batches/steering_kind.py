"""What the batches that pause, resume and stop a whole sequence have in common.

The sequence's status has changed already, which closes the gate for all of its leads. The batch then changes their
enrollments. It finds those that remain by their status, so it keeps no position between two chunks.
"""

from abc import abstractmethod
from typing import ClassVar

from db.calls import steering
from db.models import Batch
from db.queries import batches as queries
from db.session import WriteSession
from services.batches.kind import BatchKind, Chunk, Then


class SteeringKind(BatchKind):
    wanted: ClassVar[str]
    """The sequence status that this batch carries out. When the sequence has another by now, a later command has
    replaced this one."""
    waiting: ClassVar[steering.EnrollmentFilter]
    """Which enrollments remain."""

    async def count(self, session: WriteSession, batch: Batch) -> int:
        return await steering.count_waiting(session, batch.sequence_id, self.waiting)

    async def chunk(self, session: WriteSession, batch: Batch, limit: int) -> Chunk:
        if await queries.sequence_status(session, batch.sequence_id) != self.wanted:
            return Chunk(Then.SUPERSEDED, cursor=batch.cursor)
        return await self.move(session, batch, limit)

    @abstractmethod
    async def move(self, session: WriteSession, batch: Batch, limit: int) -> Chunk:
        """Changes the next enrollments, at most `limit`."""


def moved(taken: int, accepted: int, limit: int) -> Chunk:
    """The chunk that handled `taken` enrollments, of which another command may have changed some in the meantime."""
    return Chunk(Then.MORE if taken == limit else Then.FINISHED, processed=taken, accepted=accepted)
