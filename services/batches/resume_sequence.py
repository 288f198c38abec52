"""Lets go what a sequence held, a few leads a second.

Whatever came due during the pause would all be due at once: it is spread. A lead whose wait is not over waits for what
was left of it, as ever. A lead that was paused by itself stays paused.
"""

import dataclasses
from typing import ClassVar

from db.models import Batch
from db.queries.enrollments import steering
from db.session import WriteSession
from services.batches.kind import Chunk
from services.batches.steering_kind import SteeringKind, moved

DUE_PER_SECOND = 10


class ResumeSequence(SteeringKind):
    name: ClassVar[str] = "resume_sequence"
    command: ClassVar[str] = "resume"
    wanted: ClassVar[str] = "active"
    waiting: ClassVar[steering.Waiting] = steering.HELD

    async def move(self, session: WriteSession, batch: Batch, limit: int) -> Chunk:
        spread = int(batch.cursor.get("spread", 0))
        resumed = await steering.resume_some(
            session, batch.sequence_id, limit, since=batch.created_at, spread=spread, per_second=DUE_PER_SECOND
        )
        chunk = moved(resumed.taken, resumed.accepted, limit)
        return dataclasses.replace(chunk, cursor={"spread": spread + resumed.due})
