"""What a lead did, whichever way it was reported: recorded once, and acted on at once.

A reply, a bounce, an unsubscribe or a complaint ends every live enrollment of the lead in the transaction that records
it. Once the caller has its answer, no further email of these enrollments can pass the gate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from db.calls.steering import HoldLeadSequence
from db.queries.inbound import receiving
from db.queries.inbound.receiving import About, EventRow
from db.queries.mailboxes.breakers import lock_sender_of
from db.session import WriteSession, after_commit
from domain.engine.contracts import Command
from domain.enrollments.scoring import points
from domain.enrollments.status import StopReason
from domain.errors import FieldError, Invalid, NotFound
from domain.inbound.bounces import SOFT_BOUNCES, SOFT_BOUNCES_WITHIN
from domain.inbound.events import event_key
from domain.inbound.out_of_office import MAX_HOLD, hold_until_return
from domain.leads.companies import company_domain
from domain.sequences.sequence import SequenceSettings
from domain.zones import zone_of
from services.mailboxes import breakers
from services.not_found import no_lead
from services.observability import metrics

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def _within_reason(moment: datetime | None) -> datetime | None:
    """A date outside these years is a mistake, and not every zone can express it."""
    if moment is not None and not EARLIEST <= moment <= LATEST:
        raise ValueError(f"a time between {EARLIEST.year} and {LATEST.year}")
    return moment


class _Event(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    occurred_at: Annotated[AwareDatetime | None, AfterValidator(_within_reason)] = None
    """When it happened. If left out: now, on the enrollment's clock."""
    message_id: str | None = Field(default=None, max_length=998)
    """The Message-ID of the email concerned. If left out: the lead's last email."""
    event_id: str | None = Field(default=None, min_length=1, max_length=200)
    """The sender's ID of the event. Reporting it twice records it once."""

    @property
    def heard_as(self) -> str:
        return str(getattr(self, "type"))  # noqa: B009

    @property
    def by_machine(self) -> bool:
        return False

    @property
    def label(self) -> str | None:
        return None

    def detail(self) -> dict[str, Any]:
        return {}


class ReplyEvent(_Event):
    type: Literal["reply"]


class AutoReplyEvent(_Event):
    type: Literal["auto_reply"]
    returns_on: date | None = None
    """The first day back. Without it the sequence's `auto_reply_hold_days` decides."""
    note: Literal["no_longer_there", "ticket"] | None = None
    """What the auto-reply says besides an absence: the person has left, or it is a help desk's receipt."""

    def detail(self) -> dict[str, Any]:
        returns_on = self.returns_on.isoformat() if self.returns_on else None
        return {name: said for name, said in (("returns_on", returns_on), ("note", self.note)) if said}


class _ByMachine(_Event):
    machine: bool = False
    """Whether a mail client's prefetch or a scanner caused it, not a person. It is kept, but moves no branch and no
    rate."""

    @property
    def by_machine(self) -> bool:
        return self.machine


class OpenEvent(_ByMachine):
    type: Literal["open"]


class ClickEvent(_ByMachine):
    type: Literal["click"]
    url: str | None = Field(default=None, max_length=2000)

    def detail(self) -> dict[str, Any]:
        return {"url": self.url} if self.url else {}


class BounceEvent(_Event):
    type: Literal["bounce"]
    hard: bool = True
    """Whether the bounce is hard. A soft bounce is only recorded, until too many came in a row
    (`domain/inbound/bounces.py`)."""
    diagnostic: str | None = Field(default=None, max_length=2000)

    def detail(self) -> dict[str, Any]:
        return {"hard": self.hard, **({"diagnostic": self.diagnostic} if self.diagnostic else {})}


class UnsubscribeEvent(_Event):
    type: Literal["unsubscribe"]


class ComplaintEvent(_Event):
    type: Literal["complaint"]


class CustomEvent(_Event):
    type: Literal["custom"]
    name: str = Field(min_length=1, max_length=100)

    @property
    def label(self) -> str | None:
        return self.name


LeadEvent = Annotated[
    ReplyEvent
    | AutoReplyEvent
    | OpenEvent
    | ClickEvent
    | BounceEvent
    | UnsubscribeEvent
    | ComplaintEvent
    | CustomEvent,
    Field(discriminator="type"),
]


@dataclass(frozen=True, slots=True)
class EventRecorded:
    """`recorded` is False for an event that was reported before. The other fields list the enrollments that it changed;
    those of `company_*` belong to the lead's colleagues."""

    recorded: bool
    stopped: list[UUID] = field(default_factory=list[UUID])
    held: list[UUID] = field(default_factory=list[UUID])
    company_stopped: list[UUID] = field(default_factory=list[UUID])
    company_paused: list[UUID] = field(default_factory=list[UUID])


async def record_event(session: WriteSession, lead_id: UUID, event: LeadEvent) -> EventRecorded:
    """Records the event and does what it requires.

    Raises NotFound when the lead does not exist or the message is not one of the lead's, and Invalid for an impossible
    return date.
    """
    about = await _about(session, lead_id, event.message_id)
    if isinstance(event, CustomEvent) and event.message_id is None:
        about = about.of_lead_alone()
    if isinstance(event, AutoReplyEvent) and event.returns_on is not None:
        latest = (about.now + MAX_HOLD).date()
        if event.returns_on > latest:
            detail = f"a lead is held until {latest} at most"
            raise Invalid(detail, errors=[FieldError("returns_on", "too_far", detail)])
    return await receive_about(session, about, event)


async def bounce_at_once(
    session: WriteSession, enrollment_id: UUID, message_id: UUID, diagnostic: str, now: datetime
) -> None:
    """The receiving server rejected the recipient during the SMTP dialogue: a hard bounce."""
    about = await receiving.about_enrollment(session, enrollment_id, message_id)
    event = BounceEvent(type="bounce", hard=True, diagnostic=diagnostic[:2000], occurred_at=now)
    await receive_about(session, about, event)


async def _about(session: WriteSession, lead_id: UUID, message_id: str | None) -> About:
    # Webhooks of mail providers often leave out the angle brackets.
    named = [f"<{message_id.strip().strip('<>')}>"] if message_id is not None else None
    about = await (receiving.about_message(session, named) if named else receiving.about_lead(session, lead_id))
    if about is not None and about.lead_id == lead_id:
        return about
    if named and await receiving.about_lead(session, lead_id) is not None:
        raise NotFound("no message with this Message-ID was sent to the lead")
    raise no_lead(lead_id)


async def receive_about(
    session: WriteSession, about: About, event: LeadEvent, *, noted: Mapping[str, Any] | None = None
) -> EventRecorded:
    """Records the event about these enrollments and does what it requires. `noted` is added to the event's detail."""
    # As at the gate, the mailbox is locked before any enrollment, because a breaker may hold it.
    mailbox_id = await lock_sender_of(session, about.message_id) if _is_held_against_sender(event) else None
    row = _row(event, event.occurred_at or about.now, noted or {})
    company = company_domain(about.email) if isinstance(event, ReplyEvent) else None
    received = await receiving.receive(session, about, row, _demand(event, about, row.occurred_at), company)
    if not received.recorded:
        return EventRecorded(recorded=False)
    after_commit(session, metrics.EVENTS.labels(_counted_as(event)).inc)
    if mailbox_id is not None:
        await (breakers.complained if isinstance(event, ComplaintEvent) else breakers.bounced)(session, mailbox_id)
    held = await _hold_all(session, received.live, event) if isinstance(event, AutoReplyEvent) else []
    return EventRecorded(True, received.stopped, held, received.company_stopped, received.company_paused)


def _counted_as(event: LeadEvent) -> str:
    if isinstance(event, BounceEvent):
        return "hard_bounce" if event.hard else "soft_bounce"
    return f"machine_{event.type}" if event.by_machine else event.type


def _is_held_against_sender(event: LeadEvent) -> bool:
    return isinstance(event, ComplaintEvent) or (isinstance(event, BounceEvent) and event.hard)


def _row(event: LeadEvent, occurred_at: datetime, noted: Mapping[str, Any]) -> EventRow:
    return EventRow(
        type=event.heard_as,
        name=event.label,
        key=event_key(event.heard_as, event.label),
        machine=event.by_machine,
        points=points(event.heard_as, machine=event.by_machine),
        detail={**event.detail(), **noted},
        event_id=event.event_id,
        occurred_at=occurred_at,
    )


def _demand(event: LeadEvent, about: About, occurred_at: datetime) -> dict[str, Any] | None:
    """What the event requires for the lead and its live enrollments, in the form that `obey_event` takes. None:
    nothing."""
    match event:
        case ReplyEvent():
            qualifies = SequenceSettings.model_validate(about.settings).reply_marks_qualified
            return _stop(StopReason.REPLIED, Command.REPLY_RECEIVED) | {"qualifies": qualifies}
        case BounceEvent():
            demand = _never_again(StopReason.BOUNCED, Command.BOUNCE_RECEIVED, "bounced")
            if event.hard:
                return demand
            # The next emails retry after a soft bounce, until too many have come back.
            since = occurred_at - SOFT_BOUNCES_WITHIN
            return demand | {"soft_bounces": SOFT_BOUNCES, "since": since.isoformat()}
        case UnsubscribeEvent():
            return _never_again(StopReason.UNSUBSCRIBED, Command.UNSUBSCRIBE_RECEIVED, "unsubscribed")
        case ComplaintEvent():
            return _never_again(StopReason.COMPLAINED, Command.COMPLAINT_RECEIVED, "unsubscribed")
        case _:
            return None


def _stop(reason: StopReason, command: Command) -> dict[str, Any]:
    return {"reason": reason, "command": command}


def _never_again(reason: StopReason, command: Command, lead_status: str) -> dict[str, Any]:
    """Also suppresses the lead's address for the tenant."""
    return _stop(reason, command) | {"suppresses": True, "lead_status": lead_status}


async def _hold_all(session: WriteSession, live: Sequence[UUID], event: AutoReplyEvent) -> list[UUID]:
    held: list[UUID] = []
    for row in await receiving.to_hold(session, live) if live else ():
        settings = SequenceSettings.model_validate(row.settings)
        until = hold_until_return(
            returns_on=event.returns_on,
            hold_days=settings.auto_reply_hold_days,
            now=row.now,
            due_at=row.next_action_at,
            zone=zone_of(row.timezone, settings.timezone),
        )
        if await HoldLeadSequence(tenant_id=session.tenant_id, enrollment_id=row.id, until=until).within(session):
            held.append(row.id)
    return held
