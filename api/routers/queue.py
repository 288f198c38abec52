"""`/sequences/process-queue`: what waits for Temporal, by hand."""

from fastapi import APIRouter

from api.deps import Wired, Writer
from api.route import ApiRoute
from api.unavailable import reaching_temporal
from domain.messages import QueueCounts

router = APIRouter(prefix="/sequences", tags=["Execution"], route_class=ApiRoute)


@router.post("/process-queue")
async def process_queue(writer: Writer, wired: Wired) -> QueueCounts:
    """Dispatches this tenant's outbox and repairs what Temporal and the database disagree on.

    A schedule does the same each minute; any number of calls at any time do no harm. `failed` counts what Temporal
    did not take this time.
    """
    with reaching_temporal():
        return await wired.dispatcher.run(writer.tenant_id)
