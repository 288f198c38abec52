"""Campaigns and their leads."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, insert, select, text, update

from db.models import Campaign, CampaignLead
from db.queries.paging import After, newest_page
from db.session import ReadSession, WriteSession

# Returns every requested ID with its outcome, in the order of the request.
_ADD = text("""
    WITH asked AS (
        SELECT lead_id, min(place) AS place FROM unnest(CAST(:lead_ids AS uuid[])) WITH ORDINALITY a(lead_id, place)
         GROUP BY lead_id
    ), known AS (
        SELECT l.id FROM leads l JOIN asked ON asked.lead_id = l.id WHERE l.tenant_id = :tenant_id
    ), added AS (
        INSERT INTO campaign_leads (tenant_id, campaign_id, lead_id)
        SELECT :tenant_id, :campaign_id, id FROM known ORDER BY id
        ON CONFLICT DO NOTHING
        RETURNING lead_id
    )
    SELECT asked.lead_id,
           CASE WHEN added.lead_id IS NOT NULL THEN 'added'
                WHEN known.id IS NOT NULL THEN 'already_in_campaign'
                ELSE 'not_found' END AS outcome
      FROM asked
      LEFT JOIN known ON known.id = asked.lead_id
      LEFT JOIN added ON added.lead_id = asked.lead_id
     ORDER BY asked.place
""")


async def insert_campaign(session: WriteSession, *, name: str, description: str) -> Campaign:
    statement = (
        insert(Campaign).values(tenant_id=session.tenant_id, name=name, description=description).returning(Campaign)
    )
    return (await session.scalars(statement)).one()


async def find_campaign(session: ReadSession, campaign_id: UUID) -> Campaign | None:
    statement = select(Campaign).where(Campaign.tenant_id == session.tenant_id, Campaign.id == campaign_id)
    return (await session.scalars(statement)).one_or_none()


async def assign_sequence(session: WriteSession, campaign_id: UUID, sequence_id: UUID) -> None:
    await session.execute(
        update(Campaign)
        .where(Campaign.tenant_id == session.tenant_id, Campaign.id == campaign_id)
        .values(sequence_id=sequence_id)
        .execution_options(synchronize_session=False)
    )


async def leads_after(session: ReadSession, campaign_id: UUID, after: UUID | None, limit: int) -> Sequence[UUID]:
    """Returns the campaign's leads after `after`, in the order of their IDs."""
    statement = select(CampaignLead.lead_id).where(
        CampaignLead.tenant_id == session.tenant_id, CampaignLead.campaign_id == campaign_id
    )
    if after is not None:
        statement = statement.where(CampaignLead.lead_id > after)
    return (await session.scalars(statement.order_by(CampaignLead.lead_id).limit(limit))).all()


async def list_campaigns(session: ReadSession, after: After | None, limit: int) -> Sequence[Campaign]:
    statement = select(Campaign).where(Campaign.tenant_id == session.tenant_id)
    page = newest_page(statement, Campaign.created_at, Campaign.id, after, limit)
    return (await session.scalars(page)).all()


async def count_leads(session: ReadSession, campaign_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Returns the number of leads by campaign. Empty campaigns are missing."""
    statement = (
        select(CampaignLead.campaign_id, func.count())
        .where(CampaignLead.tenant_id == session.tenant_id, CampaignLead.campaign_id.in_(campaign_ids))
        .group_by(CampaignLead.campaign_id)
    )
    return {row[0]: row[1] for row in (await session.execute(statement)).all()}


async def add_leads(session: WriteSession, campaign_id: UUID, lead_ids: Sequence[UUID]) -> list[tuple[UUID, str]]:
    """Returns each lead with `added`, `already_in_campaign` or `not_found`."""
    parameters = {"tenant_id": session.tenant_id, "campaign_id": campaign_id, "lead_ids": list(lead_ids)}
    return [(row.lead_id, row.outcome) for row in await session.execute(_ADD, parameters)]
