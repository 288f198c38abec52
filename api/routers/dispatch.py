"""`/sequences/process-queue`: dispatches by hand what waits for Temporal."""

from fastapi import APIRouter

from api.deps import Context, Writer
from api.outages import reaching_temporal
from api.route import ApiRoute
from domain.engine.contracts import QueueCounts

ANSWER_WITHIN_SECONDS = 10.0

router = APIRouter(prefix="/sequences", tags=["Execution"], route_class=ApiRoute)


@router.post("/process-queue")
async def process_queue(writer: Writer, context: Context) -> QueueCounts:
    """Dispatches this tenant's outbox and repairs differences between Temporal and the database.

    A schedule does the same every minute. Any number of calls at any time is safe. `failed` counts what Temporal did
    not accept this time. The answer comes within about ten seconds; what was not reached is left to the next call.
    """
    with reaching_temporal():
        return await context.dispatcher.run(writer.tenant_id, within_seconds=ANSWER_WITHIN_SECONDS)
