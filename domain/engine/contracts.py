"""What workflows receive and activities return: IDs, times and a few words, no personal data.

These shapes are in `domain` because `domain` is passed through the workflow sandbox. A pydantic model in a sandboxed
module is built again for every workflow instance, at about 1 ms of CPU each (docs/benchmarks.md).
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from domain.enrollments.status import HELD, EnrollmentStatus


class _Contract(BaseModel):
    # Unknown fields are ignored: during a rollout an older worker reads what a newer one wrote.
    model_config = ConfigDict(frozen=True, extra="ignore")


class Directive(_Contract):
    """What the workflow does next: wait until `due_at`, then have the step performed.

    `revision` is the revision of the enrollment's row. Of two directives the one with the higher revision is valid.
    """

    revision: int
    status: EnrollmentStatus
    step_id: UUID | None = None
    step_key: str = ""
    step_type: str = ""
    due_at: datetime | None = None
    due_text: str = ""
    """`due_at` in the lead's time zone, as text for Temporal's web UI."""
    reason: str | None = None

    @property
    def ends(self) -> bool:
        return self.status.ended

    @property
    def held(self) -> bool:
        """The enrollment is paused or failed: nothing is performed until somebody resumes it."""
        return self.status in HELD

    @property
    def outcome(self) -> str:
        """The status with its reason, as text for people: `stopped: replied`."""
        return f"{self.status}: {self.reason}" if self.reason else str(self.status)


ERASED = Directive(revision=2**62, status=EnrollmentStatus.STOPPED, reason="erased")
"""The directive for an enrollment that no longer exists in Postgres because its lead was erased. The workflow ends."""


class EnrollmentInput(_Contract):
    """Starts (or continues as new) the workflow of one enrollment."""

    tenant_id: UUID
    enrollment_id: UUID
    first: Directive


class PerformInput(_Contract):
    """One step, due now. `now` is the workflow's clock, UTC."""

    tenant_id: UUID
    enrollment_id: UUID
    step_id: UUID
    now: datetime


class Command(StrEnum):
    """The commands that a running enrollment can receive. They are also the names of the workflow's signals."""

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


class RecordInput(_Contract):
    """A fact that only the workflow knows and that must be written to Postgres: a failed step, a cancellation."""

    tenant_id: UUID
    enrollment_id: UUID
    now: datetime
    status: EnrollmentStatus
    reason: str | None = None
    error: str | None = None


class MailboxInput(_Contract):
    """Starts (or continues as new) the workflow that watches one inbox, and each of its activities."""

    tenant_id: UUID
    mailbox_id: UUID


class WatchEnded(StrEnum):
    """Why an activity stopped watching an inbox."""

    UNWATCHED = "unwatched"
    """The mailbox was deleted, or has no inbox to watch."""
    CHANGED = "changed"
    """The settings of the mailbox were changed."""
    TIME = "time"
    """The activity has reached its time limit, or its worker is shutting down. The next activity continues."""


class QueueCounts(_Contract):
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


class LogMaintained(_Contract):
    """Months of the execution log (`2026-11`) for which a partition was made, and whose partition was dropped."""

    made: list[str] = []
    dropped: list[str] = []
    rows_deleted: int = 0
    """Rows past the retention that were in no partition of their own month."""
