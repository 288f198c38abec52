"""`/leads`: one lead at a time, and lists of them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.deps import Context, Once, Paging, Reading, Writer, Writing
from api.error_responses import WITH_BODY, problems
from api.route import ApiRoute
from api.schemas.common import Listed, listed
from api.schemas.enrollments.steering import MAX_LEADS_AT_ONCE
from api.schemas.leads.leads import LeadCreate, LeadIds, LeadResponse, LeadUpdate
from db.queries.leads.leads import LeadFilter
from services.leads import leads
from services.leads.erasure import erase_lead

router = APIRouter(prefix="/leads", tags=["Leads"], route_class=ApiRoute)


@router.post("", status_code=201, response_model=LeadResponse, responses=WITH_BODY | problems(409))
async def create_lead(body: LeadCreate, session: Writing, once: Once) -> Response:
    """409 `lead_exists`, with its `lead_id`, when the tenant has a lead of this address."""

    async def create() -> LeadResponse:
        return LeadResponse.of(await leads.create_lead(session, body.values()))

    return await once(session, 201, create)


Search = Annotated[
    str | None, Query(max_length=200, description="Matches anywhere in the address, the name or the company.")
]
Status = Annotated[str | None, Query(max_length=255)]
OfTag = Annotated[str | None, Query(max_length=100)]


@router.get("")
async def list_leads(
    session: Reading,
    page: Paging,
    search: Search = None,
    status: Status = None,
    tag: OfTag = None,
    id: Annotated[list[UUID] | None, Query(max_length=200, description="Only these leads; may be repeated.")] = None,
) -> Listed[LeadResponse]:
    """Newest first."""
    filters = LeadFilter(search=search, status=status, tag=tag, ids=id)
    return listed(await leads.list_leads(session, page, filters), LeadResponse.of)


@router.get("/ids")
async def list_lead_ids(
    session: Reading,
    search: Search = None,
    status: Status = None,
    tag: OfTag = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LEADS_AT_ONCE, description="How many at most.")] = MAX_LEADS_AT_ONCE,
) -> LeadIds:
    """The IDs of the matching leads, newest first. At most as many as one request may enroll or add to a campaign."""
    items, more = await leads.list_lead_ids(session, LeadFilter(search=search, status=status, tag=tag), limit)
    return LeadIds(items=list(items), more=more)


@router.get("/{lead_id}", responses=problems(404))
async def get_lead(lead_id: UUID, session: Reading) -> LeadResponse:
    return LeadResponse.of(await leads.get_lead(session, lead_id))


@router.patch("/{lead_id}", responses=WITH_BODY | problems(404, 409))
async def update_lead(lead_id: UUID, body: LeadUpdate, session: Writing) -> LeadResponse:
    return LeadResponse.of(await leads.change_lead(session, lead_id, body.changes()))


@router.delete("/{lead_id}", status_code=204, responses=problems(404))
async def delete_lead(lead_id: UUID, writer: Writer, context: Context) -> None:
    """Stops the lead's enrollments, then erases the lead and its history. A suppression of its address stays. The
    analytics of its sequences keep their counts, which identify nobody."""
    await erase_lead(
        context.database,
        context.dispatcher.tell,
        writer.tenant_id,
        lead_id,
        api_key_id=writer.key_id,
        user_id=writer.user_id,
    )
