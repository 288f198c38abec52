"""Everything that decides why nothing is sent to one lead at one moment, as read from the database."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from domain.enrollments.status import HELD, EnrollmentStatus
from domain.mailboxes.sending_hours import SendingHours
from domain.mailboxes.windows import SendWindow
from domain.zones import Zones, local_text


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class PlannedStep(_Read):
    """A step as the published version has it."""

    key: str
    name: str = ""
    type: str
    delay_seconds: int = 0
    config: dict[str, Any] = {}


class Untold(_Read):
    """The oldest command in the outbox that has not reached Temporal yet."""

    command: str
    since: datetime
    attempts: int
    error: str | None = None


class Sender(_Read):
    id: UUID
    status: str
    timezone: str = ""
    working_hours: dict[str, Any] | None = None
    hold_reason: str | None = None
    """The code of the circuit breaker that holds it; None when a person holds it."""
    held_at: datetime | None = None
    sent_today: int | None = None
    """Counted in the mailbox's own day. It is only read where the daily cap is the reason."""


class Deferral(_Read):
    """Why the due email was deferred. Written by `domain.mailboxes.sending_hours` and by the SQL functions that assign
    send slots."""

    cause: str
    timezone: str | None = None
    zone_unknown: str | None = None
    place: str | None = None
    holiday: str | None = None
    day: date | None = None
    cap: int | None = None
    taken: int | None = None
    planned: int | None = None
    seconds: int | None = None
    jitter_seconds: int | None = None


class Situation(_Read):
    """One enrollment at `now` (UTC, on the enrollment's own clock)."""

    enrollment_id: UUID
    lead_id: UUID
    sequence_id: UUID
    status: EnrollmentStatus
    stop_reason: str | None = None
    error: str | None = None
    """The error of the last attempt at the current step; None once it has succeeded."""
    remedy: str | None = None
    """What a person does about `error`; None if its code is not known."""
    due_at: datetime | None = None
    hold_until: datetime | None = None
    paused_at: datetime | None = None
    paused_by: str | None = None
    ended_at: datetime | None = None
    sequence_status: str
    lead_zone: str = ""
    sequence_zone: str | None = None
    suppressed: bool
    send_window: SendWindow | None = None
    step: PlannedStep | None = None
    following: PlannedStep | None = None
    """The next step by position."""
    deferral: Deferral | None = None
    sends_email: bool
    """Whether any step of the version sends an email."""
    mailbox: Sender | None = None
    untold: Untold | None = None
    now: datetime

    @property
    def is_due(self) -> bool:
        return self.due_at is None or self.due_at <= self.now

    @property
    def hours(self) -> SendingHours:
        """The hours in which an email of this enrollment may leave."""
        of_mailbox, zone = (self.mailbox.working_hours, self.mailbox.timezone) if self.mailbox else (None, "")
        zones = Zones(self.lead_zone, self.sequence_zone or "", mailbox=zone)
        return SendingHours.of(self.send_window, of_mailbox, zones)

    @property
    def email_due_at(self) -> datetime | None:
        """When the current step is due, if it is an email; otherwise when the email directly after the current delay is
        due."""
        moment = max(self.due_at or self.now, self.now)
        if self.step is None or self.step.type == "email":
            return moment if self.step else None
        if self.step.type != "delay" or self.following is None or self.following.type != "email":
            return None
        return moment + timedelta(seconds=self.following.delay_seconds)

    @property
    def is_held(self) -> bool:
        return self.status in HELD

    @property
    def at_step(self) -> str:
        return f"`{self.step.key}`" if self.step else "its step"

    def local(self, moment: datetime | None) -> str:
        """A time as text for people, in the lead's time zone, or in the sequence's if the lead has none."""
        return local_text(moment, self.lead_zone, self.sequence_zone or "")

    def step_binds(self) -> dict[str, Any]:
        return {"step": self.step.key, "step_type": self.step.type} if self.step else {}
