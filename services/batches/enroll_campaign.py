"""Enrolls every lead of a campaign."""

from typing import ClassVar
from uuid import UUID

from db.models import Batch
from db.queries import batches as queries
from db.queries.leads import campaigns
from db.session import WriteSession
from services.batches.kind import BatchKind, Chunk, Then
from services.enrollments.after_restore import mark_enrolled_again
from services.enrollments.enrolling import enroll


class EnrollCampaign(BatchKind):
    name: ClassVar[str] = "enroll_campaign"
    command: ClassVar[str] = "start"
    paced: ClassVar[bool] = True

    async def count(self, session: WriteSession, batch: Batch) -> int:
        return (await campaigns.count_leads(session, [_campaign(batch)])).get(_campaign(batch), 0)

    async def chunk(self, session: WriteSession, batch: Batch, limit: int) -> Chunk:
        if await queries.sequence_status(session, batch.sequence_id) == "paused":
            return Chunk(Then.WAITING, cursor=batch.cursor, why="the sequence is paused")
        after = batch.cursor.get("after")
        lead_ids = await campaigns.leads_after(session, _campaign(batch), UUID(after) if after else None, limit)
        if not lead_ids:
            return Chunk(Then.FINISHED, cursor=batch.cursor)
        result = await enroll(
            session,
            sequence_id=batch.sequence_id,
            lead_ids=lead_ids,
            campaign_id=batch.campaign_id,
            batch_id=batch.id,
        )
        await mark_enrolled_again(
            session, [one.enrollment_id for one in result.enrolled if one.enrollment_id is not None], batch.cursor
        )
        return Chunk(
            Then.MORE if len(lead_ids) == limit else Then.FINISHED,
            processed=len(lead_ids),
            accepted=len(result.enrolled),
            skipped=result.skipped,
            cursor={**batch.cursor, "after": str(lead_ids[-1])},
        )


def _campaign(batch: Batch) -> UUID:
    assert batch.campaign_id is not None, "whoever begins this kind of batch names the campaign"
    return batch.campaign_id
