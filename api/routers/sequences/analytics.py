"""`/sequences/{id}/analytics` and `/executions`: how a sequence performs, and what was done for its leads."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.deps import Paging, Reading
from api.error_responses import problems
from api.route import ApiRoute
from api.schemas.common import Listed, listed
from api.schemas.fields import Instant
from api.schemas.sequences.analytics import AnalyticsResponse, ExecutionResponse
from services.analytics.performance import analytics
from services.enrollments.execution_log import ExecutionQuery, list_executions

router = APIRouter(prefix="/sequences/{sequence_id}", tags=["Analytics"], route_class=ApiRoute)

FirstDay = Annotated[date | None, Query(alias="from", description="The first day of `daily` (UTC).")]
LastDay = Annotated[date | None, Query(alias="to", description="The last day of `daily` (UTC), included.")]
Event = Annotated[str | None, Query(min_length=1, max_length=100, description="`enrolled`, `email_sent`, ...")]
Step = Annotated[str | None, Query(min_length=1, max_length=100, description="A step's key or ID.")]
Since = Annotated[Instant | None, Query(alias="from", description="At or after this moment.")]
Until = Annotated[Instant | None, Query(alias="to", description="Before this moment.")]


@router.get("/analytics", responses=problems(404))
async def get_analytics(
    sequence_id: UUID, session: Reading, first: FirstDay = None, last: LastDay = None
) -> AnalyticsResponse:
    """Totals, rates, a funnel by step, results by variant with the winner, and a daily series.

    Counts of a sequence of moderate size are current; those of a large one are refreshed every few minutes. `as_of`
    says when they were taken."""
    return AnalyticsResponse.of(await analytics(session, sequence_id, first, last))


@router.get("/executions", responses=problems(404))
async def list_sequence_executions(
    sequence_id: UUID,
    session: Reading,
    page: Paging,
    event: Event = None,
    lead_id: UUID | None = None,
    enrollment_id: UUID | None = None,
    step: Step = None,
    since: Since = None,
    until: Until = None,
) -> Listed[ExecutionResponse]:
    """The execution log, newest first. Each filter narrows it further."""
    query = ExecutionQuery(event, lead_id, enrollment_id, step, since, until)
    found = await list_executions(session, sequence_id, query, page)
    return listed(found.page, lambda row: ExecutionResponse.of(row, found))
