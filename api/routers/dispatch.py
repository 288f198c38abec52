"""`/sequences/process-queue`: what waits for Temporal, by hand."""

from fastapi import APIRouter

from api.deps import Wired, Writer
from api.route import ApiRoute
from api.unavailable import reaching_temporal
from domain.engine.contracts import QueueCounts

ANSWER_WITHIN_SECONDS = 10.0

router = APIRouter(prefix="/sequences", tags=["Execution"], route_class=ApiRoute)


@router.post("/process-queue")
async def process_queue(writer: Writer, wired: Wired) -> QueueCounts:
    """Dispatches this tenant's outbox and repairs what Temporal and the database disagree on.

    A schedule does the same each minute; any number of calls at any time do no harm. `failed` counts what Temporal
    did not take this time. Answers within seconds; what was not reached is the next call's.
    """
    with reaching_temporal():
        return await wired.dispatcher.run(writer.tenant_id, within_seconds=ANSWER_WITHIN_SECONDS)
