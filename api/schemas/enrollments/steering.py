"""Request and response shapes of enrolling, steering and timelines."""

from typing import Annotated, Any, Literal
from urllib.parse import quote
from uuid import UUID

from pydantic import ConfigDict, Field

from api.config import AppConfig
from api.schemas.common import Body, Moment, Shape
from api.schemas.enrollments.forecast import ForecastResponse
from api.schemas.fields import FilledLine
from db.queries.enrollments.overview import EnrollmentState, Happened
from domain.enrollments.status import EnrollmentStatus, ResumeMode, StopReason
from domain.sequences.steps import StepType
from services.enrollments.enrolling import EnrollResult
from workflows.workflow_ids import enrollment_workflow_id

MAX_LEADS_AT_ONCE = 10_000


class EnrollLeadsRequest(Body):
    """With `dry_run`, the answer says what would happen, and nothing is changed."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "sequence_id": "6f0c3c4e-8c5e-4d54-9d1b-2f6f3f0d9a11",
                    "lead_ids": ["0b8f2f53-5f86-4c3a-8d3f-0f5d4e1c7b22"],
                }
            ]
        },
    )

    sequence_id: UUID
    lead_ids: Annotated[list[UUID], Field(min_length=1, max_length=MAX_LEADS_AT_ONCE)]
    campaign_id: UUID | None = None
    dry_run: bool = False


class LeadEnrolled(Shape):
    """`enrollment_id` is null in a dry run."""

    lead_id: UUID
    enrollment_id: UUID | None


class LeadSkipped(Shape):
    """`code`: `already_enrolled`, `suppressed`, `bounced`, `unsubscribed`, `invalid_email`, `cooling_down`,
    `in_exclusive_sequence`, `contact_capped` or `not_found`. `until`: when that reason ends by itself, if it does."""

    lead_id: UUID
    code: str
    detail: str
    until: Moment | None


class EnrollLeadsResponse(Shape):
    """`batch_id` is null in a dry run. Otherwise `GET /batches/{id}` says how many of the leads have been started, and
    forecasts their first emails. In a dry run, `forecast` does."""

    batch_id: UUID | None
    enrolled: list[LeadEnrolled]
    skipped: list[LeadSkipped]
    forecast: ForecastResponse | None = None

    @classmethod
    def of(cls, result: EnrollResult) -> "EnrollLeadsResponse":
        return cls.model_validate(result)


class PauseRequest(Body):
    """Without `sequence_id`, all enrollments of the lead."""

    sequence_id: UUID | None = None


class ResumeRequest(PauseRequest):
    """`preserve_remaining` waits for the time that was left at the pause. `original_schedule` keeps the original
    schedule and does at once what has become due meanwhile."""

    mode: ResumeMode = ResumeMode.PRESERVE_REMAINING


class StopRequest(PauseRequest):
    reason: Annotated[FilledLine, Field(max_length=100)] = StopReason.MANUAL.value


class CurrentStep(Shape):
    id: UUID
    key: str
    type: StepType
    position: int


class EnrollmentStateResponse(Shape):
    """`next_action_at` is on the enrollment's own clock, which fast-forward (development) moves."""

    id: UUID
    lead_id: UUID
    sequence_id: UUID
    sequence_name: str
    sequence_version: int
    campaign_id: UUID | None
    status: EnrollmentStatus
    stop_reason: str | None
    current_step: CurrentStep | None
    steps_completed: int
    next_action_at: Moment | None
    emails_sent: int
    emails_opened: int
    emails_clicked: int
    emails_replied: int
    engagement_score: int
    last_activity_at: Moment | None
    enrolled_at: Moment
    ended_at: Moment | None
    error: str | None
    workflow_id: str
    temporal_url: str | None

    @classmethod
    def of(cls, state: EnrollmentState, tenant_id: UUID, config: AppConfig) -> "EnrollmentStateResponse":
        workflow_id = enrollment_workflow_id(tenant_id, state.id)
        step = {
            "id": state.step_id,
            "key": state.step_key,
            "type": state.step_type,
            "position": state.step_position,
        }
        return cls.model_validate(
            {
                **state._asdict(),
                "current_step": step if state.step_id else None,
                "workflow_id": workflow_id,
                "temporal_url": _temporal_url(workflow_id, config),
            }
        )


class SequenceStateResponse(Shape):
    """The lead's enrollments, newest first."""

    lead_id: UUID
    enrollments: list[EnrollmentStateResponse]


class EventRecordedResponse(Shape):
    """`recorded` is false for an `event_id` that was recorded before. The other fields list enrollments: those of the
    lead that the event stopped or held, and those of colleagues (`on_company_reply` of their sequences) that it stopped
    or paused."""

    recorded: bool
    stopped: list[UUID]
    held: list[UUID]
    company_stopped: list[UUID]
    company_paused: list[UUID]


class TimelineEntry(Shape):
    """`kind` is `log` for what the engine did and `engagement` for what the lead did. `at` is on the enrollment's own
    clock."""

    id: str
    at: Moment
    kind: Literal["log", "engagement"]
    event: str
    step_key: str | None
    enrollment_id: UUID | None
    detail: dict[str, Any]

    @classmethod
    def of(cls, happened: Happened) -> "TimelineEntry":
        return cls(
            id=f"{happened.kind}-{happened.id}",
            at=happened.at,
            kind=happened.kind,
            event=happened.event,
            step_key=happened.step_key,
            enrollment_id=happened.enrollment_id,
            detail=happened.detail,
        )


def _temporal_url(workflow_id: str, config: AppConfig) -> str | None:
    if config.temporal_ui_url is None:
        return None
    path = f"namespaces/{quote(config.temporal_namespace, safe='')}/workflows/{quote(workflow_id, safe='')}"
    return f"{config.temporal_ui_url.rstrip('/')}/{path}"
