"""Resumes the leads that the pause of a sequence holds, a few each second.

Steps that came due during the pause would all be due now, so they are spread over time. A lead whose wait had not
ended waits for the remaining time, as always. A lead that was paused on its own stays paused.
"""

import dataclasses
from typing import ClassVar

from db.calls import steering
from db.models import Batch
from db.session import WriteSession
from services.batches.kind import Chunk
from services.batches.steering_kind import SteeringKind, moved

DUE_PER_SECOND = 10


class ResumeSequence(SteeringKind):
    name: ClassVar[str] = "resume_sequence"
    command: ClassVar[str] = "resume"
    wanted: ClassVar[str] = "active"
    waiting: ClassVar[steering.EnrollmentFilter] = steering.HELD

    async def move(self, session: WriteSession, batch: Batch, limit: int) -> Chunk:
        spread = int(batch.cursor.get("spread", 0))
        resumed = await steering.resume_some(
            session, batch.sequence_id, limit, since=batch.created_at, spread=spread, per_second=DUE_PER_SECOND
        )
        chunk = moved(resumed.taken, resumed.accepted, limit)
        return dataclasses.replace(chunk, cursor={"spread": spread + resumed.due})
