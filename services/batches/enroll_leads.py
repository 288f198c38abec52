"""Leads that are enrolled all at once, while the caller waits: a batch that is done when it is written."""

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
