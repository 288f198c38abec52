"""`/suppressions`: addresses and domains that the tenant never writes to. Needs the scope `admin`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.deps import AdminReading, AdminSteering, AdminWriting, Once, Paging
from api.error_responses import WITH_BODY, problems
from api.route import ApiRoute
from api.schemas.common import Listed, listed
from api.schemas.leads.suppressions import SuppressionCreate, SuppressionResponse
from services.leads import suppressions
from services.leads.suppressions import SuppressionKind

router = APIRouter(prefix="/suppressions", tags=["Administration"], route_class=ApiRoute)


@router.post("", status_code=201, response_model=SuppressionResponse, responses=WITH_BODY | problems(409))
async def create_suppression(body: SuppressionCreate, session: AdminSteering, once: Once) -> Response:
    """Ends every live enrollment of the leads concerned (`suppressed`) before this answers. 409 `suppression_exists`,
    with its `suppression_id`, if the value is already suppressed."""

    async def create() -> SuppressionResponse:
        created = await suppressions.create_suppression(session, kind=body.kind, value=body.value, reason=body.reason)
        return SuppressionResponse.model_validate(created)

    return await once(session, 201, create)


@router.get("")
async def list_suppressions(
    session: AdminReading,
    page: Paging,
    kind: Annotated[SuppressionKind | None, Query()] = None,
    search: Annotated[str | None, Query(max_length=320, description="Matches anywhere in the value.")] = None,
) -> Listed[SuppressionResponse]:
    """Newest first."""
    found = await suppressions.list_suppressions(session, page, kind=kind, search=search)
    return listed(found, SuppressionResponse.model_validate)


@router.get("/{suppression_id}", responses=problems(404))
async def get_suppression(suppression_id: UUID, session: AdminReading) -> SuppressionResponse:
    return SuppressionResponse.model_validate(await suppressions.get_suppression(session, suppression_id))


@router.delete("/{suppression_id}", status_code=204, responses=problems(404))
async def delete_suppression(suppression_id: UUID, session: AdminWriting) -> None:
    """Allows mail to this address or domain again. A lead whose own status is `unsubscribed` or `bounced` still gets
    none."""
    await suppressions.delete_suppression(session, suppression_id)
