"""`/leads/...`: enroll leads; pause, resume and stop their sequences; read their state."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.config import AppConfig
from api.deps import Context, Once, Paging, Reading, Steering
from api.error_responses import WITH_BODY, problems
from api.route import ApiRoute
from api.schemas.common import Listed, listed
from api.schemas.enrollments.steering import (
    EnrollLeadsRequest,
    EnrollLeadsResponse,
    EnrollmentStateResponse,
    EventRecordedResponse,
    PauseRequest,
    ResumeRequest,
    SequenceStateResponse,
    StopRequest,
    TimelineEntry,
)
from db.session import ReadSession
from services.batches.assigning import enroll_leads as enroll_leads_now
from services.enrollments import overview
from services.enrollments import steering as steer
from services.inbound.receiving import LeadEvent, record_event

router = APIRouter(prefix="/leads", tags=["Enrollment"], route_class=ApiRoute)


@router.post("/enroll-in-sequence", response_model=EnrollLeadsResponse, responses=WITH_BODY | problems(404, 409))
async def enroll_leads(body: EnrollLeadsRequest, session: Steering, once: Once) -> Response:
    """Enrolls each lead or says why not. The first step runs as soon as its own delay has passed."""

    async def carry_out() -> EnrollLeadsResponse:
        result = await enroll_leads_now(
            session,
            sequence_id=body.sequence_id,
            lead_ids=body.lead_ids,
            campaign_id=body.campaign_id,
            dry_run=body.dry_run,
        )
        return EnrollLeadsResponse.of(result)

    return await once(session, 200, carry_out)


@router.get("/{lead_id}/sequence-state", responses=problems(404))
async def get_sequence_state(lead_id: UUID, session: Reading, context: Context) -> SequenceStateResponse:
    return await _state(session, lead_id, context.config)


@router.post("/{lead_id}/pause-sequence", responses=WITH_BODY | problems(404, 409))
async def pause_lead(
    lead_id: UUID, session: Steering, context: Context, body: PauseRequest | None = None
) -> SequenceStateResponse:
    """No email is sent after this has answered. Pausing a paused enrollment changes nothing."""
    options = body or PauseRequest()
    await steer.pause(session, lead_id, options.sequence_id)
    return await _state(session, lead_id, context.config)


@router.post("/{lead_id}/resume-sequence", responses=WITH_BODY | problems(404, 409))
async def resume_lead(
    lead_id: UUID, session: Steering, context: Context, body: ResumeRequest | None = None
) -> SequenceStateResponse:
    """Resumes what is paused, and lets a failed enrollment try its step again."""
    options = body or ResumeRequest()
    await steer.resume(session, lead_id, options.sequence_id, options.mode)
    return await _state(session, lead_id, context.config)


@router.post("/{lead_id}/stop-sequence", responses=WITH_BODY | problems(404, 409))
async def stop_lead(
    lead_id: UUID, session: Steering, context: Context, body: StopRequest | None = None
) -> SequenceStateResponse:
    """Stops for good. Stopping a stopped enrollment changes nothing."""
    options = body or StopRequest()
    await steer.stop(session, lead_id, options.sequence_id, options.reason)
    return await _state(session, lead_id, context.config)


@router.post("/{lead_id}/events", responses=WITH_BODY | problems(404))
async def record_lead_event(lead_id: UUID, body: LeadEvent, session: Steering) -> EventRecordedResponse:
    """Records what the lead did. A reply, a hard bounce, an unsubscribe or a complaint ends the lead's enrollments
    before this answers; an auto-reply holds them. Without `message_id` the event concerns the last email sent."""
    return EventRecordedResponse.model_validate(await record_event(session, lead_id, body))


@router.get("/{lead_id}/timeline", responses=problems(404))
async def get_timeline(
    lead_id: UUID,
    session: Reading,
    page: Paging,
    order: Annotated[Literal["oldest_first", "newest_first"], Query()] = "oldest_first",
) -> Listed[TimelineEntry]:
    """Everything that was done for the lead and that the lead did, oldest or newest first."""
    found = await overview.timeline(session, lead_id, page, newest_first=order == "newest_first")
    return listed(found, TimelineEntry.of)


async def _state(session: ReadSession, lead_id: UUID, config: AppConfig) -> SequenceStateResponse:
    found = await overview.sequence_state(session, lead_id)
    return SequenceStateResponse(
        lead_id=lead_id,
        enrollments=[EnrollmentStateResponse.of(state, session.tenant_id, config) for state in found],
    )
