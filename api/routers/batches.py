"""`/batches`: operations on many leads, and their progress."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.deps import Paging, Reading
from api.error_responses import problems
from api.route import ApiRoute
from api.schemas.batches import BatchResponse
from api.schemas.common import Listed, listed
from api.schemas.enrollments.steering import LeadSkipped
from services.batches import progress

router = APIRouter(prefix="/batches", tags=["Batches"], route_class=ApiRoute)


@router.get("")
async def list_batches(
    session: Reading, page: Paging, sequence_id: Annotated[UUID | None, Query()] = None
) -> Listed[BatchResponse]:
    """Newest first."""
    return listed(await progress.list_batches(session, page, sequence_id), BatchResponse.of)


@router.get("/{batch_id}", responses=problems(404))
async def get_batch(batch_id: UUID, session: Reading) -> BatchResponse:
    return BatchResponse.of(await progress.get_batch(session, batch_id))


@router.get("/{batch_id}/skipped", responses=problems(404))
async def list_batch_skipped(batch_id: UUID, session: Reading, page: Paging) -> Listed[LeadSkipped]:
    """The leads that were skipped, and why."""
    return listed(await progress.list_skipped(session, batch_id, page), LeadSkipped.model_validate)
