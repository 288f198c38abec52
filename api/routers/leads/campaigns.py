"""`/campaigns`: campaigns, their leads, and assigning a sequence to them."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.deps import Once, Paging, Reading, Steering, Writing
from api.error_responses import WITH_BODY, problems
from api.route import ApiRoute
from api.schemas.batches import BatchResponse, DryAssignmentResponse
from api.schemas.common import Listed, listed
from api.schemas.leads.campaigns import (
    CampaignCreate,
    CampaignLeadsAdd,
    CampaignLeadsAdded,
    CampaignResponse,
    SequenceAssign,
)
from services.batches.assigning import assign_sequence, try_assignment
from services.batches.progress import progress_of
from services.leads import campaigns

router = APIRouter(prefix="/campaigns", tags=["Campaigns"], route_class=ApiRoute)


@router.post("", status_code=201, response_model=CampaignResponse, responses=WITH_BODY | problems(409))
async def create_campaign(body: CampaignCreate, session: Writing, once: Once) -> Response:
    async def create() -> CampaignResponse:
        created = await campaigns.create_campaign(session, name=body.name, description=body.description)
        return CampaignResponse.of(created)

    return await once(session, 201, create)


@router.get("")
async def list_campaigns(session: Reading, page: Paging) -> Listed[CampaignResponse]:
    """Newest first."""
    return listed(await campaigns.list_campaigns(session, page), CampaignResponse.of)


@router.get("/{campaign_id}", responses=problems(404))
async def get_campaign(campaign_id: UUID, session: Reading) -> CampaignResponse:
    return CampaignResponse.of(await campaigns.get_campaign(session, campaign_id))


@router.post("/{campaign_id}/leads", response_model=CampaignLeadsAdded, responses=WITH_BODY | problems(404, 409))
async def add_campaign_leads(campaign_id: UUID, body: CampaignLeadsAdd, session: Writing, once: Once) -> Response:
    """Adds each lead once, or says why not."""

    async def add() -> CampaignLeadsAdded:
        return CampaignLeadsAdded.model_validate(await campaigns.add_leads(session, campaign_id, body.lead_ids))

    return await once(session, 200, add)


@router.post(
    "/{campaign_id}/assign-sequence",
    status_code=202,
    response_model=BatchResponse,
    responses={200: {"model": DryAssignmentResponse, "description": "A dry run."}} | WITH_BODY | problems(404, 409),
)
async def assign_campaign_sequence(campaign_id: UUID, body: SequenceAssign, session: Steering, once: Once) -> Response:
    """Enrolls every lead of the campaign; many leads are enrolled in the background: see `GET /batches/{id}`.

    Leads that are added later are not enrolled automatically. The action `add_to_campaign` enrolls the lead it adds.
    """

    async def assign() -> BatchResponse:
        batch = await assign_sequence(session, campaign_id, body.sequence_id)
        return BatchResponse.of(await progress_of(session, batch))

    async def tried() -> DryAssignmentResponse:
        return DryAssignmentResponse.of(await try_assignment(session, campaign_id, body.sequence_id))

    return await once(session, 200, tried) if body.dry_run else await once(session, 202, assign)
