"""`/enrollments`: single enrollments, lists of them, and the explanation of what an enrollment waits for."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.deps import Context, Paging, Reading
from api.error_responses import problems
from api.route import ApiRoute
from api.schemas.common import Listed, listed
from api.schemas.enrollments.explanation import ExplanationResponse
from api.schemas.enrollments.steering import EnrollmentStateResponse
from domain.enrollments.status import EnrollmentStatus
from services.enrollments import overview
from services.enrollments.explain import explain_enrollment

router = APIRouter(prefix="/enrollments", tags=["Enrollment"], route_class=ApiRoute)


@router.get("")
async def list_enrollments(
    session: Reading,
    page: Paging,
    context: Context,
    sequence_id: Annotated[UUID | None, Query()] = None,
    lead_id: Annotated[UUID | None, Query()] = None,
    status: Annotated[EnrollmentStatus | None, Query()] = None,
) -> Listed[EnrollmentStateResponse]:
    """Newest first."""
    found = await overview.list_enrollments(session, page, sequence_id=sequence_id, lead_id=lead_id, status=status)
    return listed(found, lambda state: EnrollmentStateResponse.of(state, session.tenant_id, context.config))


@router.get("/{enrollment_id}", responses=problems(404))
async def get_enrollment(enrollment_id: UUID, session: Reading, context: Context) -> EnrollmentStateResponse:
    state = await overview.get_enrollment(session, enrollment_id)
    return EnrollmentStateResponse.of(state, session.tenant_id, context.config)


@router.get("/{enrollment_id}/explain", responses=problems(404))
async def explain(enrollment_id: UUID, session: Reading) -> ExplanationResponse:
    """Says why nothing is being sent right now: one typed reason, its constraint, the next time at which something may
    happen, and other obstacles."""
    return ExplanationResponse.of(await explain_enrollment(session, enrollment_id))
