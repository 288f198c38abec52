"""Request and response shapes of sequences and their steps."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field

from api.schemas.common import Body, Example, Listed, LongText, Moment, Name, Shape
from api.schemas.problem import ProblemField
from db.models import SequenceStep
from domain.errors import FieldError
from domain.sequences.sequence import SequenceSettings, SequenceStatus
from domain.sequences.steps import MAX_DELAY_DAYS, StepKey, StepSpec, StepType
from services.sequences.draft_steps import MAX_STEPS
from services.sequences.replace_steps import DraftedStep, DraftedSteps
from services.sequences.sequences import CountedSequence, SequenceChanges

_INTRO: Example = {
    "key": "intro",
    "name": "Introduction",
    "type": "email",
    "config": {
        "subject": "Quick question about {{ company | default: 'your team' }}",
        "body_text": "Hi {{ first_name | default: 'there' }}, I noticed...",
    },
}
_WAIT: Example = {"key": "wait-3d", "type": "delay", "config": {"days": 3}}
_BRANCH: Example = {
    "key": "interest",
    "type": "condition",
    "config": {
        "branches": [{"if": {"any": ["replied", "opened"]}, "then": {"stop": True, "reason": "interested"}}],
        "else": {"continue": True},
    },
}
_MARK: Example = {
    "key": "mark-unresponsive",
    "type": "action",
    "config": {"action": "update_status", "status": "unresponsive"},
}


class SequenceStepCreate(StepSpec):
    """A step. `position` counts from 1; without it, the step is appended. Its `delay_*` fields are a delay before it
    runs.

    `config` by type: `email` (`subject`, `body_text`, `body_html`, `reply_in_thread`, `mailbox_id`, `variants`,
    `auto_winner`), `delay` (`days`, `hours`, `minutes`, `send_time`, `business_days`, `business_hours_only`,
    `timezone`), `condition` (`branches: [{"if", "then"}]`, `else`), `wait_for` (`event`, `timeout_days`, `on_event`,
    `on_timeout`), `action` (`action` and its own fields).
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_INTRO, _WAIT, _BRANCH, _MARK]})


class SequenceStepUpdate(Body):
    """Only the given fields change; `config` and `metadata` are replaced as a whole."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "Follow-up", "config": {"days": 4}}]}
    )

    key: StepKey | None = None
    name: Annotated[str, Field(max_length=200)] | None = None
    type: StepType | None = None
    position: Annotated[int, Field(ge=1, le=1000)] | None = None
    delay_days: Annotated[int, Field(ge=0, le=MAX_DELAY_DAYS)] | None = None
    delay_hours: Annotated[int, Field(ge=0, le=24 * 365)] | None = None
    delay_minutes: Annotated[int, Field(ge=0, le=60 * 24 * 365)] | None = None
    config: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None

    def changes(self) -> dict[str, Any]:
        return self.model_dump(exclude_none=True)


class SequenceStepsReplace(Body):
    """`steps_revision`: the value that `GET /sequences/{id}/steps` gave with the steps that were edited."""

    steps_revision: Annotated[int, Field(ge=0)]
    steps: Annotated[list[DraftedStep], Field(max_length=MAX_STEPS)]


class SequenceStepsCheck(Body):
    steps: Annotated[list[DraftedStep], Field(max_length=MAX_STEPS)]


class SequenceStepResponse(Shape):
    id: UUID
    sequence_id: UUID
    key: str
    name: str
    type: StepType
    position: int
    delay_days: int
    delay_hours: int
    delay_minutes: int
    config: dict[str, Any]
    metadata: dict[str, Any]
    created_at: Moment
    updated_at: Moment

    @classmethod
    def of(cls, step: SequenceStep) -> "SequenceStepResponse":
        return cls(
            id=step.id,
            sequence_id=step.sequence_id,
            key=step.key,
            name=step.name,
            type=step.type,
            position=step.position or 0,
            delay_days=step.delay_days,
            delay_hours=step.delay_hours,
            delay_minutes=step.delay_minutes,
            config=step.config,
            metadata=step.meta,
            created_at=step.created_at,
            updated_at=step.updated_at,
        )


class SequenceStepsResponse(Listed[SequenceStepResponse]):
    """All steps on one page. `steps_revision` grows with each edit of a step."""

    steps_revision: int

    @classmethod
    def of(cls, drafted: DraftedSteps) -> "SequenceStepsResponse":
        items = [SequenceStepResponse.of(step) for step in drafted.steps]
        return cls(items=items, steps_revision=drafted.steps_revision)


class SequenceProblems(Shape):
    """Everything that keeps the sequence from running; empty if it can be activated. `field` is a path such as
    `steps[2].config.subject`, `settings.mailbox_ids[0]`, or `postal_address` (of the tenant)."""

    problems: list[ProblemField]

    @classmethod
    def of(cls, errors: Sequence[FieldError]) -> "SequenceProblems":
        return cls(problems=[ProblemField(field=e.field, code=e.code, detail=e.detail) for e in errors])


class SequenceCreate(Body):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"name": "Cold outreach", "steps": [_INTRO, _WAIT, _BRANCH, _MARK]}],
        },
    )

    name: Name
    description: LongText = ""
    settings: SequenceSettings = SequenceSettings()
    steps: list[SequenceStepCreate] = Field(default_factory=list[SequenceStepCreate], max_length=MAX_STEPS)


class SequenceUpdate(Body):
    """Only the given fields change, also within `settings`. `status` is set last. It may go to a later status or to
    `archived`, never back to `draft`."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"status": "active"}]})

    name: Name | None = None
    description: LongText | None = None
    settings: SequenceSettings | None = None
    status: SequenceStatus | None = None

    def changes(self) -> SequenceChanges:
        settings = None if self.settings is None else self.settings.model_dump(mode="json", exclude_unset=True)
        return SequenceChanges(self.name, self.description, settings, self.status)


class SequenceResponse(Shape):
    """The counts are of enrollments; `active_count` includes those that wait for their first step. `emails_sent`,
    `emails_replied` and `reply_rate` are those of its analytics; the rate is null if nothing was sent. `unpublished`:
    the draft has edits that have not reached the leads under way. `steps_revision` grows with each edit of a step.
    `batch_id`: the newest batch that still pauses, resumes, stops, moves or enrolls leads."""

    id: UUID
    name: str
    description: str
    status: SequenceStatus
    settings: SequenceSettings
    steps_count: int
    steps_revision: int
    current_version: int | None
    unpublished: bool
    enrolled_count: int
    active_count: int
    completed_count: int
    emails_sent: int
    emails_replied: int
    reply_rate: float | None
    batch_id: UUID | None
    created_at: Moment
    updated_at: Moment

    @classmethod
    def of(cls, sequence: CountedSequence) -> "SequenceResponse":
        row, counts, replies = sequence.row, sequence.counts, sequence.replies
        return cls(
            id=row.id,
            name=row.name,
            description=row.description,
            status=row.status,  # pyright: ignore[reportArgumentType]
            settings=SequenceSettings.model_validate(row.settings),
            steps_count=row.steps_count,
            steps_revision=row.steps_revision,
            current_version=row.current_version,
            unpublished=row.unpublished,
            enrolled_count=counts.enrolled,
            active_count=counts.active,
            completed_count=counts.completed,
            emails_sent=replies.sent,
            emails_replied=replies.replied,
            reply_rate=replies.replied / replies.sent if replies.sent else None,
            batch_id=sequence.batch_id,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
