"""All that bears on one enrollment at one moment, as it was read."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from domain.enrollment import EnrollmentStatus
from domain.schedule import local_text


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class CurrentStep(_Read):
    """As the published plan has it."""

    key: str
    name: str = ""
    type: str
    config: dict[str, Any] = {}


class Untold(_Read):
    """The oldest word that Temporal has not been told yet."""

    command: str
    since: datetime
    attempts: int
    error: str | None = None


class Sender(_Read):
    id: UUID
    status: str
    hold_reason: str | None = None


class Situation(_Read):
    """All that bears on an enrollment at `now` (UTC, on the enrollment's own clock)."""

    enrollment_id: UUID
    lead_id: UUID
    sequence_id: UUID
    status: EnrollmentStatus
    stop_reason: str | None = None
    error: str | None = None
    """Of the last attempt at the current step; None once it has succeeded."""
    due_at: datetime | None = None
    hold_until: datetime | None = None
    paused_at: datetime | None = None
    paused_by: str | None = None
    ended_at: datetime | None = None
    sequence_status: str
    lead_zone: str = ""
    sequence_zone: str | None = None
    suppressed: bool
    step: CurrentStep | None = None
    sends_email: bool
    """Whether any step of the plan does."""
    mailbox: Sender | None = None
    untold: Untold | None = None
    now: datetime

    @property
    def is_due(self) -> bool:
        return self.due_at is None or self.due_at <= self.now

    @property
    def is_held(self) -> bool:
        return self.status in (EnrollmentStatus.PAUSED, EnrollmentStatus.FAILED)

    @property
    def at_step(self) -> str:
        return f"`{self.step.key}`" if self.step else "its step"

    def local(self, moment: datetime | None) -> str:
        """For a person, in the lead's zone, else in the sequence's."""
        return local_text(moment, self.lead_zone, self.sequence_zone or "")

    def step_binds(self) -> dict[str, Any]:
        return {"step": self.step.key, "step_type": self.step.type} if self.step else {}
