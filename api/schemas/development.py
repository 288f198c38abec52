"""Request and response shapes of the development routes: captured mail, replies by hand, moved clocks."""

from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from api.schemas.common import Body, Moment, Shape
from mail.capture.store import CapturedMessage


class OutboxItem(Shape):
    """A captured message. `from` is the bare address of its sender; `to` are the recipients of the envelope."""

    model_config = ConfigDict(populate_by_name=True)

    id: str
    message_id: str | None
    sender: Annotated[str, Field(alias="from")]
    to: list[str]
    subject: str
    headers: dict[str, str]
    text: str | None
    html: str | None
    raw: str
    received_at: Moment

    @classmethod
    def of(cls, message: CapturedMessage) -> "OutboxItem":
        return cls.model_validate(message, from_attributes=True, by_name=True)


class AutoReply(Body):
    returns_on: date | None = None


class ReplyRequest(Body):
    """`auto_reply`: true, or the day on which the lead is back."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"text": "Sounds interesting. Call me on Tuesday?"},
                {"text": "I am out of the office.", "auto_reply": {"returns_on": "2026-12-04"}},
            ]
        },
    )

    text: Annotated[str, Field(min_length=1, max_length=100_000)]
    auto_reply: bool | AutoReply = False

    @property
    def automatic(self) -> bool:
        return bool(self.auto_reply)

    @property
    def returns_on(self) -> date | None:
        return self.auto_reply.returns_on if isinstance(self.auto_reply, AutoReply) else None


class MailReceivedResponse(Shape):
    """How the message was classified and matched.

    `rule` is the rule that classified it. `returns_on`: for an auto-reply, the first day back.
    """

    classification: str
    matched_by: str | None
    enrollment_id: UUID | None
    recipient: str | None
    rule: str | None
    returns_on: date | None


def _is_iso_text(value: Any) -> Any:
    if not isinstance(value, str) or not value.startswith("P"):
        raise PydanticCustomError("invalid_duration", "an ISO 8601 duration, such as P3D or PT12H")
    return value


Forward = Annotated[
    timedelta,
    Field(gt=timedelta(0), le=timedelta(days=3650)),
    BeforeValidator(_is_iso_text),
    WithJsonSchema({"type": "string", "format": "duration"}),
]


class FastForwardRequest(Body):
    """Without `enrollment_id`, the clock of every live enrollment of the tenant is moved."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"by": "P3D"}]})

    by: Forward
    enrollment_id: UUID | None = None


class MovedEnrollment(Shape):
    """`now`: the enrollment's clock after the move."""

    enrollment_id: UUID
    now: Moment


class FastForwardResponse(Shape):
    moved: list[MovedEnrollment]
