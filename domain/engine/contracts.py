"""What a workflow is told and what an activity answers: IDs, times and a few words, nothing personal.

These shapes live in `domain` because `domain` is passed through the workflow sandbox: a pydantic model in a
sandboxed module is built again for every workflow instance (about 1 ms of CPU each, see docs/benchmarks.md).
`workflows/messages.py` gives them their public place.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from domain.enrollments.status import EnrollmentStatus


class _Message(BaseModel):
    # Unknown fields are ignored: during a rollout an older worker reads what a newer one wrote.
    model_config = ConfigDict(frozen=True, extra="ignore")


class Directive(_Message):
    """What the workflow does next: wait until `due_at`, then have the step performed.

    `revision` is the mirror's revision when this was written; of two directives the higher one is true.
    """

    revision: int
    status: EnrollmentStatus
    step_id: UUID | None = None
    step_key: str = ""
    step_type: str = ""
    due_at: datetime | None = None
    due_text: str = ""
    """When that is, in the lead's zone, for Temporal's web UI."""
    reason: str | None = None

    @property
    def ends(self) -> bool:
        return self.status.ended

    @property
    def held(self) -> bool:
        """Paused or failed: nothing is performed until somebody resumes."""
        return self.status in (EnrollmentStatus.PAUSED, EnrollmentStatus.FAILED)

    @property
    def outcome(self) -> str:
        """How the enrollment stands, for a person: `stopped: replied`."""
        return f"{self.status}: {self.reason}" if self.reason else str(self.status)


ERASED = Directive(revision=2**62, status=EnrollmentStatus.STOPPED, reason="erased")
"""The answer for an enrollment that is no longer in Postgres, with its lead: nothing is true of it but its end."""


class EnrollmentInput(_Message):
    """Starts (or continues as new) the workflow of one enrollment."""

    tenant_id: UUID
    enrollment_id: UUID
    first: Directive


class PerformInput(_Message):
    """One step, due now. `now` is the workflow's clock, UTC."""

    tenant_id: UUID
    enrollment_id: UUID
    step_id: UUID
    now: datetime


class Command(StrEnum):
    """What may be asked of a running enrollment from outside; also the names of the workflow's signals."""

    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    REPLY_RECEIVED = "reply_received"
    AUTO_REPLY_RECEIVED = "auto_reply_received"
    BOUNCE_RECEIVED = "bounce_received"
    UNSUBSCRIBE_RECEIVED = "unsubscribe_received"
    COMPLAINT_RECEIVED = "complaint_received"
    EVENT_RECEIVED = "event_received"
    PLAN_CHANGED = "plan_changed"
    MAILBOX_RELEASED = "mailbox_released"


class RecordInput(_Message):
    """A fact that only the workflow knows yet, to be written to Postgres: a failed step, a cancellation."""

    tenant_id: UUID
    enrollment_id: UUID
    now: datetime
    status: EnrollmentStatus
    reason: str | None = None
    error: str | None = None


class MailboxInput(_Message):
    """Starts (or continues as new) the workflow that watches one inbox, and each of its activities."""

    tenant_id: UUID
    mailbox_id: UUID


class WatchEnded(StrEnum):
    """Why an inbox is not watched by this activity any more."""

    UNWATCHED = "unwatched"
    """The mailbox is gone, or has no inbox to watch."""
    CHANGED = "changed"
    """It has other settings now."""
    TIME = "time"
    """Its time is up, or its worker goes: the next one takes over."""


class QueueCounts(_Message):
    """What one pass over the queue did."""

    dispatched: int = 0
    repaired: int = 0
    failed: int = 0
    overdue: int = 0

    def __add__(self, other: "QueueCounts") -> "QueueCounts":
        return QueueCounts(
            dispatched=self.dispatched + other.dispatched,
            repaired=self.repaired + other.repaired,
            failed=self.failed + other.failed,
            overdue=self.overdue + other.overdue,
        )


class LogMaintained(_Message):
    """Months of the execution log (`2026-11`) that were given a partition, and that were dropped."""

    made: list[str] = []
    dropped: list[str] = []
    rows_deleted: int = 0
    """Rows past the retention that had no month of their own."""
