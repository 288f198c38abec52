"""The transitions of an enrollment that a worker makes, each in one statement (db/calls).

This is the worker's hot path: performing an email costs four round trips (load, reserve, mark, advance). None of them
is part of a longer transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from db.calls.gate import DeferMessage, MarkSending, ReleaseMessage, ReserveMessage
from db.calls.mailboxes import ClearMailboxFailures, LoadMailbox
from db.calls.performing import (
    AdvanceAndChangeLead,
    AdvanceToNextStep,
    FailLeadSequence,
    LoadEnrollment,
    LoadPlan,
    LoadVariantWinner,
    NoteStepError,
)
from db.calls.steering import HearOfHold, StopAndDescribe
from db.session import Database, WriteSession
from domain.engine.contracts import ERASED, Directive
from domain.enrollments.log_event import LogEvent
from domain.enrollments.status import EnrollmentStatus
from domain.mailboxes.send_times import OpenDays
from domain.zones import local_text

_NOTE_RESULT = text("""
    UPDATE sequence_execution_log SET detail = detail || :result
     WHERE tenant_id = :tenant_id
       AND id = (SELECT max(id) FROM sequence_execution_log
                  WHERE tenant_id = :tenant_id AND enrollment_id = :enrollment_id AND step_id = :step_id
                    AND event = :event)
""").bindparams(bindparam("result", type_=JSONB), event=LogEvent.ACTION_PERFORMED.value)


def described(answer: dict[str, Any]) -> Directive:
    """Parses the answer of `described_directive`, and adds the due time as text in the lead's time zone."""
    directive = Directive.model_validate(answer)
    return directive.model_copy(update={"due_text": local_text(directive.due_at, *answer.get("zones", ()))})


@dataclass(frozen=True, slots=True)
class Place:
    """The step and version at which an attempt began. A transition from there is refused once the enrollment is
    elsewhere."""

    step_id: UUID
    version_id: UUID


class LoadedEvent(BaseModel):
    id: int
    type: str
    name: str | None
    step_id: str | None
    occurred_at: datetime
    machine: bool


class LoadedMessage(BaseModel):
    """A message of this enrollment that was sent, or may have been sent (`unknown`)."""

    step_id: str
    visit: int
    mailbox_id: UUID | None
    rfc_message_id: str
    thread: list[str]
    subject: str
    status: Literal["sent", "unknown"]
    sent_at: datetime
    """For a message with an unknown outcome: when it was handed to the server."""


class LoadedDkim(BaseModel):
    """The DKIM key that signs mail of the sender's domain. The key is still encrypted."""

    selector: str
    private_key: str = Field(repr=False)


class LoadedMailbox(BaseModel):
    """The sending mailbox, with the columns of its table. Secrets are still encrypted."""

    id: UUID
    email: str
    name: str
    status: str
    timezone: str
    day_zone: str
    daily_cap: int | None
    hourly_cap: int | None
    min_gap_seconds: int
    gap_jitter_seconds: int
    ramp_start: int | None
    ramp_increase: int | None
    ramp_started_on: date | None
    working_hours: dict[str, Any] | None
    smtp: dict[str, Any] | None
    smtp_password: str | None = Field(repr=False)
    hold_reason: str | None
    smtp_auth_failures: int = 0
    refusals: int = 0
    """Consecutive failures so far."""
    postal_address: str
    """The tenant's postal address, which every email contains."""
    dkim: LoadedDkim | None
    watched: bool
    """Whether an inbox watcher reads the replies and bounces."""


class LoadedEnrollment(BaseModel):
    """Everything that performing a step reads."""

    directive: Directive
    version_id: UUID
    hold_until: datetime | None
    enrolled_at: datetime
    visits: dict[str, int]
    done: frozenset[str]
    heard_event_id: int
    lead: dict[str, Any]
    mailbox: LoadedMailbox | None
    events: list[LoadedEvent]
    messages: list[LoadedMessage]


class Reservation(BaseModel):
    """The answer of the SQL function `reserve_message` or `defer_message`."""

    outcome: Literal["reserved", "sent", "unknown", "held", "no_slot", "stale", "deferred", "settle"]
    directive: Directive
    message_id: UUID | None = None
    rfc_message_id: str = ""
    thread: list[str] = []
    subject: str = ""
    cause: str | None = None
    """Why the email was deferred (`put_off`); None if it was not."""


@dataclass(frozen=True, slots=True)
class AskedSlot:
    """The request for a send slot, for one visit to one step. `zone`: the time zone that defines the days. `offsets`:
    how many days after this email the lead's later emails are likely to be due."""

    step_id: UUID
    visit: int
    now: datetime
    decisions: list[dict[str, Any]]
    resend: bool
    zone: str
    open_days: OpenDays
    jitter: timedelta
    offsets: list[int]

    def arguments(self) -> dict[str, Any]:
        return {
            "step_id": self.step_id,
            "visit": self.visit,
            "now": self.now,
            "decisions": self.decisions,
            "resend": self.resend,
            "zone": self.zone,
            "days": self.open_days.days,
            "caps": self.open_days.caps,
            "jitter": self.jitter,
            "offsets": self.offsets,
        }


@dataclass(frozen=True, slots=True)
class EnrollmentQueries:
    """The transitions of one enrollment. Each method is one transaction."""

    database: Database
    tenant_id: UUID
    enrollment_id: UUID

    async def load(self) -> LoadedEnrollment | None:
        answer = await LoadEnrollment(**self._key).via(self.database.calls)
        return None if answer is None else LoadedEnrollment.model_validate(answer)

    async def plan(self, version_id: UUID) -> dict[str, Any]:
        return await LoadPlan(tenant_id=self.tenant_id, version_id=version_id).via(self.database.calls)

    async def reserve(self, place: Place, asked: "AskedSlot", *, message: dict[str, Any]) -> Reservation:
        reserve = ReserveMessage(**self._key, **_from(place), **asked.arguments(), message=message)
        return _reservation(await reserve.via(self.database.calls))

    async def defer(
        self, place: Place, asked: "AskedSlot", *, mailbox_id: UUID, closed: dict[str, Any] | None
    ) -> Reservation:
        """`closed`: the reason why the window is closed now, as `{"cause": ...}`; None while it is open."""
        defer = DeferMessage(
            **self._key,
            **_from(place),
            **asked.arguments(),
            opens=asked.open_days.opens,
            closes=asked.open_days.closes,
            mailbox_id=mailbox_id,
            closed=closed,
        )
        return _reservation(await defer.via(self.database.calls))

    async def mark_sending(self, message_id: UUID, attempt_id: UUID, now: datetime) -> bool:
        """Whether this attempt may send the final dot. Of several attempts, one may."""
        mark = MarkSending(**self._key, message_id=message_id, attempt_id=attempt_id, now=now)
        return await mark.via(self.database.calls)

    async def release(
        self, message_id: UUID, attempt_id: UUID, status: Literal["reserved", "refused"], response: str
    ) -> None:
        """Records that the server certainly did not accept the message of this attempt."""
        attempt = {"message_id": message_id, "attempt_id": attempt_id}
        await ReleaseMessage(tenant_id=self.tenant_id, **attempt, status=status, response=response).via(
            self.database.calls
        )

    async def advance(
        self,
        place: Place,
        *,
        now: datetime,
        decisions: list[dict[str, Any]],
        effect: dict[str, Any] | None,
        following: dict[str, Any],
    ) -> Directive:
        advance = AdvanceToNextStep(
            **self._key, **_from(place), now=now, decisions=decisions, effect=effect, next=following
        )
        return Directive.model_validate(await advance.via(self.database.calls))

    async def advance_and_change_lead(
        self,
        place: Place,
        *,
        now: datetime,
        decisions: list[dict[str, Any]],
        effect: dict[str, Any],
        following: dict[str, Any],
        lead_id: UUID,
        change: dict[str, Any],
    ) -> Directive:
        """As `advance`, for an action that only changes its lead. `change` has the format of the SQL function
        `change_lead`."""
        advance = AdvanceAndChangeLead(
            **self._key,
            **_from(place),
            now=now,
            decisions=decisions,
            effect=effect,
            next=following,
            lead_id=lead_id,
            change=change,
        )
        return Directive.model_validate(await advance.via(self.database.calls))

    async def mailbox(self, mailbox_id: UUID) -> LoadedMailbox | None:
        answer = await LoadMailbox(tenant_id=self.tenant_id, mailbox_id=mailbox_id).via(self.database.calls)
        return None if answer is None else LoadedMailbox.model_validate(answer)

    async def clear_mailbox_failures(self, mailbox_id: UUID) -> None:
        """Records that the mailbox's server accepted a message, which ends a series of failures."""
        await ClearMailboxFailures(tenant_id=self.tenant_id, mailbox_id=mailbox_id).via(self.database.calls)

    async def variant_winner(self, step_id: UUID) -> str | None:
        """Returns the winning variant of this step, or None while none has been chosen."""
        return await LoadVariantWinner(tenant_id=self.tenant_id, step_id=step_id).via(self.database.calls)

    async def stop(self, reason: str | None, now: datetime | None) -> Directive:
        return described(await StopAndDescribe(**self._key, reason=reason, now=now).via(self.database.calls))

    async def fail(self, error: str, now: datetime) -> Directive:
        return described(await FailLeadSequence(**self._key, error=error, now=now).via(self.database.calls))

    async def heard(self, directive: Directive) -> Directive:
        """Returns the directive that the workflow receives.

        A workflow that receives `paused` sleeps until a signal arrives. So the database records first that the workflow
        knows of the pause. If the enrollment was resumed meanwhile and no signal was sent, the answer is its present
        directive.
        """
        if directive.status is not EnrollmentStatus.PAUSED:
            return directive
        answer = await HearOfHold(**self._key).via(self.database.calls)
        return ERASED if answer is None else described(answer)

    async def note_error(self, error: str) -> None:
        await NoteStepError(**self._key, error=error).via(self.database.calls)

    @property
    def _key(self) -> dict[str, UUID]:
        return {"tenant_id": self.tenant_id, "enrollment_id": self.enrollment_id}


async def advance_txn(
    session: WriteSession,
    enrollment_id: UUID,
    place: Place,
    *,
    now: datetime,
    decisions: list[dict[str, Any]],
    effect: dict[str, Any] | None,
    following: dict[str, Any],
) -> tuple[bool, Directive]:
    """`EnrollmentQueries.advance` in the caller's transaction, so that an action and its record are committed together.

    Returns True when the effect was recorded now: then the caller must carry it out in this transaction.
    """
    advance = AdvanceToNextStep(
        tenant_id=session.tenant_id,
        enrollment_id=enrollment_id,
        **_from(place),
        now=now,
        decisions=decisions,
        effect=effect,
        next=following,
    )
    answer = await advance.within(session)
    return bool(answer["applied"]), Directive.model_validate(answer)


async def note_result_txn(session: WriteSession, enrollment_id: UUID, step_id: UUID, result: Mapping[str, Any]) -> None:
    """Adds the result of an action to the log row that this transaction has written for it."""
    key = {"tenant_id": session.tenant_id, "enrollment_id": enrollment_id, "step_id": step_id}
    await session.execute(_NOTE_RESULT, {**key, "result": dict(result)})


def _reservation(answer: dict[str, Any]) -> Reservation:
    return Reservation.model_validate({**answer, "cause": answer["directive"].get("cause")})


def _from(place: Place) -> dict[str, UUID]:
    return {"from_step_id": place.step_id, "version_id": place.version_id}
