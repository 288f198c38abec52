"""Request and response shapes of campaigns."""

from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from api.schemas.common import Body, LongText, Moment, Name, Shape
from services.leads.campaigns import CountedCampaign

MAX_LEADS_AT_ONCE = 10_000


class CampaignCreate(Body):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "Spring trade fair"}]})

    name: Name
    description: LongText = ""


class CampaignLeadsAdd(Body):
    lead_ids: Annotated[list[UUID], Field(min_length=1, max_length=MAX_LEADS_AT_ONCE)]


class SequenceAssign(Body):
    """With `dry_run`, the answer says what would happen, and nothing is changed."""

    sequence_id: UUID
    dry_run: bool = False


class CampaignResponse(Shape):
    """`sequence_id`: the sequence that was assigned last."""

    id: UUID
    name: str
    description: str
    leads_count: int
    sequence_id: UUID | None
    created_at: Moment
    updated_at: Moment

    @classmethod
    def of(cls, campaign: CountedCampaign) -> "CampaignResponse":
        row = campaign.row
        return cls(
            id=row.id,
            name=row.name,
            description=row.description,
            leads_count=campaign.leads_count,
            sequence_id=row.sequence_id,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )


class CampaignLeadSkipped(Shape):
    """`code` is `already_in_campaign` or `not_found`."""

    lead_id: UUID
    code: str
    detail: str


class CampaignLeadsAdded(Shape):
    added: list[UUID]
    skipped: list[CampaignLeadSkipped]
