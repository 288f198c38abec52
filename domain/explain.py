"""Why nothing is being sent to a lead right now. Pure: the same situation has the same reasons.

Each cause is one function that says whether it holds; `CAUSES` lists them by precedence. Of those that hold, the
first is the reason. A new cause is one function and its place in that list.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True)
class Reason:
    """`binds` names what stands in the way, as JSON values; `until` is when it ends by itself (UTC), None when it
    does not, or when nobody can tell."""

    code: str
    detail: str
    binds: dict[str, Any] = field(default_factory=dict[str, Any])
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    reason: Reason
    next_eligible_at: datetime | None
    """The earliest moment at which something may happen; None while that is up to a person, or unknown."""
    also: list[Reason]


Cause = Callable[[Situation], Reason | None]

# What a person does about the failures that no further attempt could mend.
_MENDS = {
    "MergeFieldMissing": "fill the field in the lead, then resume",
    "TemplateInvalid": "correct the step's template, publish the sequence, then resume",
    "NoMailbox": "add a mailbox, then resume",
    "AddressInvalid": "correct the lead's address, then resume",
    "MessageRefused": "change what the mail server objects to, then resume",
    "AuthenticationFailed": "correct the mail server's user name and password, then resume",
}


def _ended(at: Situation) -> Reason | None:
    if not at.status.ended:
        return None
    how = f"stopped: {at.stop_reason}" if at.stop_reason else "completed: it has been through the whole sequence"
    binds = {"status": at.status.value, "stop_reason": at.stop_reason, "ended_at": _json(at.ended_at)}
    return Reason("ended", f"the enrollment has ended ({how})", binds)


def _failed(at: Situation) -> Reason | None:
    if at.status is not EnrollmentStatus.FAILED:
        return None
    error = at.error or "no error was kept"
    mend = _MENDS.get(error.partition(":")[0], "mend what the error names, then resume")
    binds = {**at.step_binds(), "error": error, "mend": mend}
    return Reason("failed", f"{at.at_step} has failed for good ({error}): {mend}", binds)


def _paused(at: Situation) -> Reason | None:
    if at.status is not EnrollmentStatus.PAUSED or (at.paused_by == "sequence" and at.sequence_status == "paused"):
        return None
    since = at.local(at.paused_at)
    binds = {"by": at.paused_by, "since": _json(at.paused_at)}
    return Reason("paused", f"paused by the {at.paused_by or 'lead'} since {since}: resume it", binds)


def _sequence_paused(at: Situation) -> Reason | None:
    if at.sequence_status != "paused":
        return None
    binds = {"sequence_id": str(at.sequence_id)}
    return Reason("sequence_paused", "the sequence is paused and holds every lead of it: activate it", binds)


def _suppressed(at: Situation) -> Reason | None:
    if not at.suppressed:
        return None
    detail = "the lead's address, or its domain, is on the suppression list: the next email stops the enrollment"
    return Reason("suppressed", detail, {"lead_id": str(at.lead_id)})


def _not_started(at: Situation) -> Reason | None:
    if at.untold is None or at.untold.command != "start":
        return None
    detail = f"enrolled, and Temporal has not been told yet, since {at.untold.since:%a %d %b %Y %H:%M:%S} UTC"
    return Reason("not_started", detail, _untold(at.untold))


def _not_told(at: Situation) -> Reason | None:
    if at.untold is None or at.untold.command == "start":
        return None
    detail = f"Temporal has not been told `{at.untold.command}` yet, since {at.untold.since:%a %d %b %Y %H:%M:%S} UTC"
    return Reason("not_told", detail, _untold(at.untold))


def _out_of_office(at: Situation) -> Reason | None:
    if at.hold_until is None or at.hold_until <= at.now:
        return None
    binds = {"hold_until": _json(at.hold_until)}
    detail = f"the lead is out of office: nothing before {at.local(at.hold_until)}"
    return Reason("out_of_office", detail, binds, until=at.hold_until)


def _waiting_for_event(at: Situation) -> Reason | None:
    if at.is_due or at.is_held or at.step is None or at.step.type != "wait_for":
        return None
    event = str(at.step.config.get("event", ""))
    binds = {**at.step_binds(), "event": event, "until": _json(at.due_at), "until_local": at.local(at.due_at)}
    detail = f"waits at {at.at_step} for `{event}`, until {at.local(at.due_at)} at the latest"
    return Reason("waiting_for_event", detail, binds, until=at.due_at)


def _waiting(at: Situation) -> Reason | None:
    if at.is_due or at.is_held or _waiting_for_event(at):
        return None
    binds = {**at.step_binds(), "until": _json(at.due_at), "until_local": at.local(at.due_at)}
    return Reason("waiting", f"waits at {at.at_step} until {at.local(at.due_at)}", binds, until=at.due_at)


def _no_mailbox(at: Situation) -> Reason | None:
    if at.mailbox is not None or not at.sends_email:
        return None
    return Reason("no_mailbox", "there is no active mailbox to send from: add one")


def _mailbox_held(at: Situation) -> Reason | None:
    if at.mailbox is None or at.mailbox.status == "active" or not at.sends_email:
        return None
    detail = f"the mailbox that this lead hears from is {at.mailbox.status}: everything of it waits"
    return Reason("mailbox_held", detail, {"mailbox_id": str(at.mailbox.id), "status": at.mailbox.status})


def _retrying(at: Situation) -> Reason | None:
    if at.error is None or at.is_held:
        return None
    binds = {**at.step_binds(), "error": at.error}
    return Reason("retrying", f"{at.at_step} is being tried again; the last attempt said: {at.error}", binds)


def _due(at: Situation) -> Reason:
    binds = {**at.step_binds(), "due_at": _json(at.due_at)}
    return Reason("due", f"nothing stands in the way: {at.at_step} is due and being done", binds, until=at.now)


CAUSES: tuple[Cause, ...] = (
    _ended,
    _failed,
    _paused,
    _sequence_paused,
    _suppressed,
    _not_started,
    _not_told,
    _out_of_office,
    _waiting_for_event,
    _waiting,
    _no_mailbox,
    _mailbox_held,
    _retrying,
)
"""By precedence. `due` is what is left when none of them holds."""


def explain(at: Situation) -> Explanation:
    """The reason, the others that hold too, and the next moment at which something may happen."""
    reasons = [reason for cause in CAUSES if (reason := cause(at)) is not None] or [_due(at)]
    if at.status.ended:
        return Explanation(reasons[0], None, [])  # nothing else matters any more
    return Explanation(reasons[0], _next_eligible(reasons), reasons[1:])


def _next_eligible(reasons: list[Reason]) -> datetime | None:
    moments = [reason.until for reason in reasons]
    known = [moment for moment in moments if moment is not None]
    return max(known) if len(known) == len(moments) else None


def _untold(untold: Untold) -> dict[str, Any]:
    attempts = {"attempts": untold.attempts, "error": untold.error}
    return {"command": untold.command, "since": _json(untold.since), **attempts}


def _json(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")
