"""`/enrollments`: each by itself, lists of them, and why one stands where it does."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.deps import Paging, Reading, Wired
from api.documented import problems
from api.route import ApiRoute
from api.schemas.common import Listed, listed
from api.schemas.enrollments.enrollments import ExplanationResponse
from api.schemas.enrollments.steering import EnrollmentStateResponse
from domain.enrollments.status import EnrollmentStatus
from services.enrollments import overview as states
from services.enrollments.explain import explain_enrollment

router = APIRouter(prefix="/enrollments", tags=["Enrollment"], route_class=ApiRoute)


@router.get("")
async def list_enrollments(
    session: Reading,
    page: Paging,
    wired: Wired,
    sequence_id: Annotated[UUID | None, Query()] = None,
    lead_id: Annotated[UUID | None, Query()] = None,
    status: Annotated[EnrollmentStatus | None, Query()] = None,
) -> Listed[EnrollmentStateResponse]:
    """The newest first."""
    found = await states.list_enrollments(session, page, sequence_id=sequence_id, lead_id=lead_id, status=status)
    return listed(found, lambda state: EnrollmentStateResponse.of(state, session.tenant_id, wired.config))


@router.get("/{enrollment_id}", responses=problems(404))
async def get_enrollment(enrollment_id: UUID, session: Reading, wired: Wired) -> EnrollmentStateResponse:
    state = await states.get_enrollment(session, enrollment_id)
    return EnrollmentStateResponse.of(state, session.tenant_id, wired.config)


@router.get("/{enrollment_id}/explain", responses=problems(404))
async def explain(enrollment_id: UUID, session: Reading) -> ExplanationResponse:
    """Why nothing is being sent right now: one typed reason, what binds it, the next time at which something may
    happen, and whatever else stands in the way."""
    return ExplanationResponse.of(await explain_enrollment(session, enrollment_id))
