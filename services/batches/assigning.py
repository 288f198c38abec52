"""Enrolls the leads that a request names, or the leads of a campaign."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID, uuid4

from db.models import Batch
from db.queries.batches import supersede
from db.queries.leads import campaigns as queries
from db.session import WriteSession
from domain.mailboxes.forecast import Forecast
from services.batches.enroll_campaign import EnrollCampaign
from services.batches.enroll_leads import EnrollLeads
from services.batches.running import FIRST_CHUNK, begin, record_done
from services.enrollments.enrolling import EnrollResult, Skipped, enroll, hold_active_sequence
from services.enrollments.forecast import forecast_new
from services.leads.campaigns import get_campaign

DRY_CHUNK = 5_000
MAX_LISTED = 10_000
"""A dry run lists at most this many leads one by one. Its counts cover all."""


@dataclass(slots=True)
class DryAssignment:
    """What assigning a sequence to a campaign would do."""

    total: int = 0
    accepted: int = 0
    counts: Counter[str] = field(default_factory=Counter[str])
    enrolled: list[UUID] = field(default_factory=list[UUID])
    skipped: list[Skipped] = field(default_factory=list[Skipped])
    forecast: Forecast | None = None


async def enroll_leads(
    session: WriteSession,
    *,
    sequence_id: UUID,
    lead_ids: Sequence[UUID],
    campaign_id: UUID | None,
    dry_run: bool,
) -> EnrollResult:
    """Enrolls all of them in this transaction, and records the outcome as a batch. Raises what `enroll` raises."""
    if dry_run:
        tried = await enroll(session, sequence_id=sequence_id, lead_ids=lead_ids, campaign_id=campaign_id, dry_run=True)
        return replace(tried, forecast=await forecast_new(session, sequence_id, tried.by_mailbox))
    batch_id = uuid4()
    result = await enroll(
        session, sequence_id=sequence_id, lead_ids=lead_ids, campaign_id=campaign_id, batch_id=batch_id
    )
    await record_done(
        session,
        batch_id,
        EnrollLeads.name,
        sequence_id=sequence_id,
        campaign_id=campaign_id,
        accepted=len(result.enrolled),
        skipped=result.skipped,
    )
    return result


async def assign_sequence(
    session: WriteSession, campaign_id: UUID, sequence_id: UUID, *, first_chunk: int = FIRST_CHUNK
) -> Batch:
    """Assigns the sequence to the campaign and enrolls the campaign's leads: the first ones now, the rest in the
    background. An earlier assignment of the campaign that is still running ends.

    Raises NotFound (campaign, sequence) and SequenceNotActive.
    """
    await get_campaign(session, campaign_id)
    await hold_active_sequence(session, sequence_id)
    await queries.assign_sequence(session, campaign_id, sequence_id)
    await supersede(session, [EnrollCampaign.name], campaign_id=campaign_id)
    return await begin(
        session, EnrollCampaign.name, sequence_id=sequence_id, campaign_id=campaign_id, first_chunk=first_chunk
    )


async def try_assignment(session: WriteSession, campaign_id: UUID, sequence_id: UUID) -> DryAssignment:
    """What `assign_sequence` would do. Writes nothing. Raises what it raises."""
    await get_campaign(session, campaign_id)
    await hold_active_sequence(session, sequence_id)
    tried, after, by_mailbox = DryAssignment(), None, Counter[UUID]()
    while lead_ids := await queries.leads_after(session, campaign_id, after, DRY_CHUNK):
        result = await enroll(
            session, sequence_id=sequence_id, lead_ids=lead_ids, campaign_id=campaign_id, dry_run=True
        )
        tried.total += len(lead_ids)
        tried.accepted += len(result.enrolled)
        tried.enrolled += [one.lead_id for one in result.enrolled[: MAX_LISTED - len(tried.enrolled)]]
        by_mailbox += result.by_mailbox
        tried.counts.update(skip.code for skip in result.skipped)
        tried.skipped += result.skipped[: MAX_LISTED - len(tried.skipped)]
        after = lead_ids[-1]
    tried.forecast = await forecast_new(session, sequence_id, by_mailbox)
    return tried
