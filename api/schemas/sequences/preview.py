"""Request and response shapes of previews: a sequence run in simulation for one lead."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, ConfigDict, Field, field_validator

from api.schemas.common import Body, Moment, Shape
from api.schemas.fields import FilledLine
from api.schemas.problem import ProblemField
from domain.engine.content import Content
from domain.mailboxes.sending_hours import ClosedBy
from domain.sequences.preview import Assumption, Branched, Cut, Does, Ends, Happens, Waits
from domain.sequences.sequence import Step
from domain.sequences.steps import StepKey
from domain.sequences.steps.email import MAX_HTML, MAX_SUBJECT, MAX_TEXT
from domain.zones import local_text
from services.sequences.preview import Preview, PreviewedMessage
from services.sequences.preview_message import Wording, WrittenMessage

MAX_ASSUMED = 50
_USUALLY_AFTER = timedelta(hours=1)
_LATEST = timedelta(days=3650)


class AssumedEvent(Body):
    """`event` is `opened`, `clicked`, `replied`, `bounced`, `unsubscribed`, `complained`, or the name of a custom
    event. It happens `after` (a duration) the email of `step` was sent. Without a step, it counts from the first email,
    or for a custom event from the enrollment."""

    event: Annotated[FilledLine, Field(max_length=100)]
    step: StepKey | None = None
    after: Annotated[timedelta, Field(ge=timedelta(0), le=_LATEST)] = _USUALLY_AFTER


class PreviewRequest(Body):
    """Without `assume`, the lead does nothing."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "lead_id": "0b8f2f53-5f86-4c3a-8d3f-0f5d4e1c7b22",
                    "start_at": "2026-11-30T08:00:00Z",
                    "assume": [{"event": "opened", "step": "follow-up", "after": "PT2H"}],
                }
            ]
        },
    )

    lead_id: UUID
    start_at: AwareDatetime | None = None
    assume: Annotated[list[AssumedEvent], Field(max_length=MAX_ASSUMED)] = Field(default_factory=list[AssumedEvent])

    @field_validator("start_at")
    @classmethod
    def _in_our_time(cls, start_at: datetime | None) -> datetime | None:
        if start_at is not None and not 1970 <= start_at.year <= 2200:
            raise ValueError("a start between 1970 and 2200")
        return start_at

    def assumptions(self) -> list[Assumption]:
        return [Assumption(one.event, one.step, one.after) for one in self.assume]


class PreviewStep(Shape):
    key: str
    name: str
    type: str

    @classmethod
    def of(cls, step: Step) -> "PreviewStep":
        return cls(key=step.key, name=step.name, type=step.type)


class PreviewMessage(Shape):
    """`from` is null without a mailbox. The texts are null if a warning says why they cannot be rendered."""

    from_: str | None = Field(alias="from")
    to: str
    variant: str | None
    subject: str | None
    text: str | None
    html: str | None

    @classmethod
    def of(cls, message: PreviewedMessage) -> "PreviewMessage":
        content = message.content
        return cls.model_validate(
            {
                "from": message.from_address,
                "to": message.to_address,
                "variant": message.variant,
                "subject": content.subject if content else None,
                "text": content.body_text if content else None,
                "html": content.body_html if content else None,
            }
        )


class MessagePreviewRequest(Body):
    """A message as it is in an editor. `earlier_subject` is the subject (also a template) of the thread that it replies
    in; null for a message that starts a thread. `mailbox_id` is the step's mailbox, if it names one."""

    lead_id: UUID
    subject: Annotated[str, Field(max_length=MAX_SUBJECT)] = ""
    body_text: Annotated[str, Field(max_length=MAX_TEXT)] = ""
    body_html: Annotated[str, Field(max_length=MAX_HTML)] = ""
    earlier_subject: Annotated[str | None, Field(max_length=MAX_SUBJECT)] = None
    mailbox_id: UUID | None = None

    def wording(self) -> Wording:
        return Wording(Content(self.subject, self.body_text, self.body_html), self.earlier_subject)


class MessagePreviewResponse(Shape):
    """`from` is null without a mailbox. If `errors` names fields (`subject`, `body_text`, `body_html`) that cannot be
    rendered for this lead or for any lead, the texts are null."""

    from_: str | None = Field(alias="from")
    to: str
    subject: str | None
    text: str | None
    html: str | None
    errors: list[ProblemField]

    @classmethod
    def of(cls, message: WrittenMessage) -> "MessagePreviewResponse":
        content = message.content
        return cls.model_validate(
            {
                "from": message.from_address,
                "to": message.to_address,
                "subject": content.subject if content else None,
                "text": content.body_text if content else None,
                "html": content.body_html if content else None,
                "errors": [asdict(error) for error in message.errors],
            }
        )


class PreviewWay(Shape):
    """A way out of a step: its branch (`branches[0]`, `else`, `on_event`, ...) and where it leads."""

    branch: str
    outcome: dict[str, Any]


class PreviewMoment(Shape):
    """By `kind`: `email` has `message`; `action` (and any other step with an effect) has `config`; `branch` has `took`
    and `alternatives`; `wait` has `until`; `event` has what was assumed; `end` has `status` and `reason`; `cut` marks
    where a long preview was cut off. `local` is the time in the lead's time zone. The `at` of an `email` is the time at
    which it may be sent, and `due_at` the time at which its step is due. `kept_back` says what it waits for in between
    (as does the `wait` before it): the days and hours of the send window (`window`), a public `holiday`, or the
    mailbox's `working_hours`. Caps and other leads are not predicted."""

    kind: Literal["email", "action", "branch", "wait", "event", "end", "cut"]
    at: Moment
    local: str
    step: PreviewStep | None = None
    visit: int | None = None
    message: PreviewMessage | None = None
    due_at: Moment | None = None
    kept_back: ClosedBy | None = None
    config: dict[str, Any] | None = None
    took: PreviewWay | None = None
    alternatives: list[PreviewWay] | None = None
    until: Moment | None = None
    until_local: str | None = None
    event: str | None = None
    status: str | None = None
    reason: str | None = None


class PreviewWarning(Shape):
    code: str
    detail: str
    step: str | None
    field: str | None


class PreviewResponse(Shape):
    """`timezone` is the time zone in which the lead's times are calculated."""

    sequence_name: str
    lead_id: UUID
    start_at: Moment
    timezone: str
    moments: list[PreviewMoment]
    warnings: list[PreviewWarning]

    @classmethod
    def of(cls, preview: Preview) -> "PreviewResponse":
        zones = (preview.lead.timezone, preview.plan.settings.timezone)
        return cls(
            sequence_name=preview.plan.name,
            lead_id=preview.lead.id,
            start_at=preview.start_at,
            timezone=local_text(preview.start_at, *zones).rpartition(" ")[2],
            moments=list(_moments(preview, zones)),
            warnings=[PreviewWarning.model_validate(warned) for warned in preview.warnings],
        )


def _moments(preview: Preview, zones: tuple[str, str]) -> Iterator[PreviewMoment]:
    for place, moment in enumerate(preview.moments):
        when: dict[str, Any] = {"at": moment.at, "local": local_text(moment.at, *zones)}
        match moment:
            case Happens() if place in preview.messages:
                message = PreviewMessage.of(preview.messages[place])
                step = PreviewStep.of(moment.step)
                when |= {"due_at": moment.due_at, "kept_back": moment.kept_back}
                yield PreviewMoment(kind="email", step=step, visit=moment.visit, message=message, **when)
            case Happens():
                config = moment.step.config.model_dump(mode="json", by_alias=True, exclude_none=True)
                step = PreviewStep.of(moment.step)
                yield PreviewMoment(kind="action", step=step, visit=moment.visit, config=config, **when)
            case Branched():
                took, others = _ways(moment)
                step = PreviewStep.of(moment.decision.step)
                yield PreviewMoment(kind="branch", step=step, took=took, alternatives=others, **when)
            case Waits():
                when |= {"until": moment.until, "until_local": local_text(moment.until, *zones)}
                step = PreviewStep.of(moment.step)
                yield PreviewMoment(kind="wait", step=step, kept_back=moment.kept_back, **when)
            case Does():
                yield PreviewMoment(kind="event", event=moment.assumption.event, **when)
            case Ends():
                yield PreviewMoment(kind="end", status=moment.end.status, reason=moment.end.reason, **when)
            case Cut():
                yield PreviewMoment(kind="cut", step=PreviewStep.of(moment.step), **when)


def _ways(moment: Branched) -> tuple[PreviewWay, list[PreviewWay]]:
    ways = [
        PreviewWay(
            branch=field.removesuffix(".then"),
            outcome=outcome.model_dump(mode="json", by_alias=True, exclude_none=True),
        )
        for field, outcome in moment.decision.step.config.outcomes()
    ]
    took = next(way for way in ways if way.branch == moment.decision.branch)
    return took, [way for way in ways if way is not took]
