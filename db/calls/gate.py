"""gate.sql: the last check before an email is sent."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from db.calls.sql_call import SqlCall


@dataclass(frozen=True, kw_only=True)
class ReserveMessage(SqlCall[dict[str, Any]], function="reserve_message"):
    """Checks that the email may be sent now, uses a send slot, and reserves the message. Answers `outcome` and more
    fields."""

    tenant_id: UUID
    enrollment_id: UUID
    from_step_id: UUID
    version_id: UUID
    step_id: UUID
    visit: int
    now: datetime
    decisions: list[dict[str, Any]]
    message: dict[str, Any]
    resend: bool
    zone: str
    days: list[date]
    caps: list[int | None]
    jitter: timedelta
    offsets: list[int]


@dataclass(frozen=True, kw_only=True)
class DeferMessage(SqlCall[dict[str, Any]], function="defer_message"):
    """Takes a later send slot for the email and lets the enrollment wait for it. Answers `outcome` and more fields."""

    tenant_id: UUID
    enrollment_id: UUID
    from_step_id: UUID
    version_id: UUID
    step_id: UUID
    visit: int
    now: datetime
    decisions: list[dict[str, Any]]
    mailbox_id: UUID
    resend: bool
    zone: str
    days: list[date]
    caps: list[int | None]
    opens: list[int]
    closes: list[int]
    """Seconds since 1970."""
    jitter: timedelta
    offsets: list[int]
    closed: dict[str, Any] | None


@dataclass(frozen=True, kw_only=True)
class MarkSending(SqlCall[bool], function="mark_sending"):
    """Whether this attempt may send the final dot. Of several attempts, one may."""

    tenant_id: UUID
    enrollment_id: UUID
    message_id: UUID
    attempt_id: UUID
    now: datetime

    def read(self, answer: Any) -> bool:
        return bool(answer)


@dataclass(frozen=True, kw_only=True)
class ReleaseMessage(SqlCall[None], function="release_message"):
    """Records that the server certainly did not accept the message of this attempt."""

    tenant_id: UUID
    message_id: UUID
    attempt_id: UUID
    status: Literal["reserved", "refused"]
    response: str
