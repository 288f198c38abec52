"""Leads that were enrolled while the caller waited: a batch that is already complete when it is recorded."""

from typing import ClassVar

from db.models import Batch
from db.session import WriteSession
from services.batches.kind import BatchKind, Chunk, Then


class EnrollLeads(BatchKind):
    name: ClassVar[str] = "enroll_leads"
    command: ClassVar[str] = "start"

    async def count(self, session: WriteSession, batch: Batch) -> int:
        return batch.total

    async def chunk(self, session: WriteSession, batch: Batch, limit: int) -> Chunk:
        return Chunk(Then.FINISHED)
