"""Campaigns: named groups of leads."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from db.models import Campaign
from db.queries.leads import campaigns as queries
from db.session import ReadSession, WriteSession
from domain.errors import NotFound
from services.paging import Page, PageRequest, after_of, newest_first

WHY_NOT_ADDED = {
    "already_in_campaign": "the lead is in this campaign already",
    "not_found": "there is no such lead",
}


@dataclass(frozen=True, slots=True)
class CountedCampaign:
    row: Campaign
    leads_count: int


@dataclass(frozen=True, slots=True)
class NotAdded:
    lead_id: UUID
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class LeadsAdded:
    added: list[UUID]
    skipped: list[NotAdded]


async def create_campaign(session: WriteSession, *, name: str, description: str) -> CountedCampaign:
    return CountedCampaign(await queries.insert_campaign(session, name=name, description=description), 0)


async def get_campaign(session: ReadSession, campaign_id: UUID) -> CountedCampaign:
    """Raises NotFound."""
    campaign = await queries.find_campaign(session, campaign_id)
    if campaign is None:
        raise NotFound(f"there is no campaign {campaign_id}")
    return (await _counted(session, [campaign]))[0]


async def list_campaigns(session: ReadSession, page: PageRequest) -> Page[CountedCampaign]:
    """The newest first. Raises InvalidCursor."""
    cut = newest_first(await queries.list_campaigns(session, after_of(page), page.limit), page.limit)
    return Page(await _counted(session, cut.items), cut.next_cursor)


async def add_leads(session: WriteSession, campaign_id: UUID, lead_ids: Sequence[UUID]) -> LeadsAdded:
    """Adds each lead once, or gives the reason why not. Raises NotFound for the campaign."""
    await get_campaign(session, campaign_id)
    outcomes = await queries.add_leads(session, campaign_id, lead_ids)
    return LeadsAdded(
        added=[lead_id for lead_id, outcome in outcomes if outcome == "added"],
        skipped=[
            NotAdded(lead_id, outcome, WHY_NOT_ADDED[outcome]) for lead_id, outcome in outcomes if outcome != "added"
        ],
    )


async def _counted(session: ReadSession, rows: Sequence[Campaign]) -> list[CountedCampaign]:
    counts = await queries.count_leads(session, [row.id for row in rows])
    return [CountedCampaign(row, counts.get(row.id, 0)) for row in rows]
