"""What a lead did, however it is heard of: recorded once, and obeyed at once.

A reply, a bounce, an unsubscribe or a complaint ends every live enrollment of the lead in the transaction that
records it: when the caller has its answer, no further email of them can pass the gate.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from db.queries import enrolling, receiving
from db.queries.breakers import lock_sender_of
from db.queries.lead_moves import qualify_lead, set_lead_status, suppress_address
from db.queries.receiving import About
from db.session import WriteSession
from domain.bounces import SOFT_BOUNCES, SOFT_BOUNCES_WITHIN
from domain.companies import company_domain
from domain.enrollment import EnrollmentStatus, StopReason
from domain.errors import FieldError, Invalid, NotFound
from domain.events import event_key
from domain.messages import Command
from domain.schedule import MAX_HOLD, hold_until_return, zone_of
from domain.scoring import points
from domain.sequence import SequenceSettings
from services import breakers

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def _within_reason(moment: datetime | None) -> datetime | None:
    """Beyond these years a date is a mistake, and no longer one that every zone can tell."""
    if moment is not None and not EARLIEST <= moment <= LATEST:
        raise ValueError(f"a time between {EARLIEST.year} and {LATEST.year}")
    return moment


class _Event(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    occurred_at: Annotated[AwareDatetime | None, AfterValidator(_within_reason)] = None
    """When it happened; the present, on the enrollment's clock, if left out."""
    message_id: str | None = Field(default=None, max_length=998)
    """The Message-ID of the email that it is about; the lead's last one, if left out."""
    event_id: str | None = Field(default=None, min_length=1, max_length=200)
    """The sender's ID of the event: telling it twice records it once."""

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
    """The first day back; without it the sequence's `auto_reply_hold_days` counts."""
    note: Literal["no_longer_there", "ticket"] | None = None
    """What it says beyond an absence: they have left, or it is a help desk's receipt."""

    def detail(self) -> dict[str, Any]:
        returns_on = self.returns_on.isoformat() if self.returns_on else None
        return {name: said for name, said in (("returns_on", returns_on), ("note", self.note)) if said}


class _ByMachine(_Event):
    machine: bool = False
    """A mail client's prefetch or a scanner, not a person: kept, but moves no branch and no rate."""

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
    """Permanent. A soft bounce is only recorded, until so many in a row have come (`domain/bounces.py`)."""
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
    """`recorded` is False for an event that was told before. The others are the enrollments it moved; those of
    `company_*` are of the lead's colleagues."""

    recorded: bool
    stopped: list[UUID] = field(default_factory=list[UUID])
    held: list[UUID] = field(default_factory=list[UUID])
    company_stopped: list[UUID] = field(default_factory=list[UUID])
    company_paused: list[UUID] = field(default_factory=list[UUID])


async def record_event(session: WriteSession, lead_id: UUID, event: LeadEvent) -> EventRecorded:
    """Records the event and does what it demands.

    Raises NotFound when the message is not one of the lead's, and Invalid for an absence that cannot be meant.
    """
    about = await _about(session, lead_id, event.message_id)
    if isinstance(event, CustomEvent) and event.message_id is None:
        about = about.of_lead_alone()
    if isinstance(event, AutoReplyEvent) and event.returns_on is not None:
        latest = (datetime.now(UTC) + about.clock_offset + MAX_HOLD).date()
        if event.returns_on > latest:
            detail = f"a lead is held until {latest} at most"
            raise Invalid(detail, errors=[FieldError("returns_on", "too_far", detail)])
    return await receive_about(session, about, event)


async def bounce_at_once(
    session: WriteSession, enrollment_id: UUID, message_id: UUID, diagnostic: str, now: datetime
) -> None:
    """The receiving server refused the recipient while the message was being handed over: a hard bounce."""
    about = await receiving.about_enrollment(session, enrollment_id, message_id)
    event = BounceEvent(type="bounce", hard=True, diagnostic=diagnostic[:2000], occurred_at=now)
    await receive_about(session, about, event)


async def _about(session: WriteSession, lead_id: UUID, message_id: str | None) -> About:
    if message_id is None:
        return await receiving.about_lead(session, lead_id)
    # Webhooks of mail providers often leave out the angle brackets.
    about = await receiving.about_message(session, [f"<{message_id.strip().strip('<>')}>"])
    if about is None or about.lead_id != lead_id:
        raise NotFound("no message with this Message-ID was sent to the lead")
    return about


async def receive_about(
    session: WriteSession, about: About, event: LeadEvent, *, noted: Mapping[str, Any] | None = None
) -> EventRecorded:
    """Records what is known to be about that, and does what it demands. `noted` joins the event's detail."""
    # The enrollments are locked before anything is written: an event and a step of the same lead take turns. Before
    # them the mailbox that may come to be held for it, as at the gate.
    mailbox_id = await lock_sender_of(session, about.message_id) if _is_held_against_sender(event) else None
    locked = await _locked(session, about.lead_id, event)
    live = [row for row in locked if row.lead_id == about.lead_id]
    occurred_at = event.occurred_at or datetime.now(UTC) + about.clock_offset
    row_id = await receiving.record(
        session,
        about,
        event_type=event.heard_as,
        name=event.label,
        machine=event.by_machine,
        detail={**event.detail(), **(noted or {})},
        event_id=event.event_id,
        occurred_at=occurred_at,
    )
    if row_id is None:
        return EventRecorded(recorded=False)
    if about.enrollment_id is not None and not event.by_machine:
        await receiving.count(
            session,
            about,
            row_id=row_id,
            event_type=event.heard_as,
            points=points(event.heard_as, machine=False),
            occurred_at=occurred_at,
        )
    if mailbox_id is not None:
        await (breakers.complained if isinstance(event, ComplaintEvent) else breakers.bounced)(session, mailbox_id)
    answered = [] if event.by_machine else await _wake(session, about, event, live)
    done = await _obey(session, about, event, [row for row in live if row.id not in answered])
    colleagues = [row for row in locked if row.lead_id != about.lead_id]
    return await _tell_company(session, about.lead_id, colleagues, done) if colleagues else done


def _is_held_against_sender(event: LeadEvent) -> bool:
    return isinstance(event, ComplaintEvent) or (isinstance(event, BounceEvent) and event.hard)


async def _locked(session: WriteSession, lead_id: UUID, event: LeadEvent) -> receiving.Live:
    """The lead's live enrollments, and of a reply those of its colleagues that it means something to."""
    if not isinstance(event, ReplyEvent):
        return await receiving.live_enrollments(session, lead_id)
    domain = company_domain(await receiving.email_of(session, lead_id))
    return await receiving.live_enrollments(session, lead_id, domain)


async def _tell_company(
    session: WriteSession, lead_id: UUID, colleagues: receiving.Live, done: EventRecorded
) -> EventRecorded:
    """A lead's reply, for enrollments of its colleagues: each as its sequence has it."""
    stopped: list[UUID] = []
    paused: list[UUID] = []
    for row in colleagues:
        heeds = SequenceSettings.model_validate(row.settings).on_company_reply
        if heeds == "stop":
            await enrolling.stop_for_company(session, row.id, lead_id)
            stopped.append(row.id)
        elif heeds == "pause" and (
            await enrolling.pause_for_company(session, row.id, lead_id) == EnrollmentStatus.PAUSED
        ):
            paused.append(row.id)
    return replace(done, company_stopped=stopped, company_paused=paused)


async def _wake(session: WriteSession, about: About, event: LeadEvent, live: receiving.Live) -> list[UUID]:
    """Has the enrollments go on that wait for just this. An event of one email is news to its own enrollment only."""
    key = event_key(event.heard_as, event.label)
    waiting = [row.id for row in live if row.waiting_for == key and about.enrollment_id in (None, row.id)]
    return [enrollment_id for enrollment_id in waiting if await receiving.hear(session, enrollment_id, key)]


async def _obey(session: WriteSession, about: About, event: LeadEvent, live: receiving.Live) -> EventRecorded:
    lead_id = about.lead_id
    match event:
        case ReplyEvent():
            if SequenceSettings.model_validate(about.settings).reply_marks_qualified:
                await qualify_lead(session, lead_id)
            return await _stop_all(session, live, StopReason.REPLIED, Command.REPLY_RECEIVED)
        case AutoReplyEvent():
            return await _hold_all(session, live, event)
        case BounceEvent(hard=hard) if hard or await _bounced_too_often(session, lead_id, event, about):
            await suppress_address(session, lead_id, "bounced")
            await set_lead_status(session, lead_id, "bounced")
            return await _stop_all(session, live, StopReason.BOUNCED, Command.BOUNCE_RECEIVED)
        case UnsubscribeEvent():
            await suppress_address(session, lead_id, "unsubscribed")
            await set_lead_status(session, lead_id, "unsubscribed")
            return await _stop_all(session, live, StopReason.UNSUBSCRIBED, Command.UNSUBSCRIBE_RECEIVED)
        case ComplaintEvent():
            await suppress_address(session, lead_id, "complained")
            await set_lead_status(session, lead_id, "unsubscribed")
            return await _stop_all(session, live, StopReason.COMPLAINED, Command.COMPLAINT_RECEIVED)
        case _:
            return EventRecorded(recorded=True)


async def _bounced_too_often(session: WriteSession, lead_id: UUID, event: BounceEvent, about: About) -> bool:
    """A soft bounce is retried by the emails that follow, until so many of them have come back."""
    now = event.occurred_at or datetime.now(UTC) + about.clock_offset
    return await receiving.soft_bounces(session, lead_id, since=now - SOFT_BOUNCES_WITHIN) >= SOFT_BOUNCES


async def _stop_all(session: WriteSession, live: receiving.Live, reason: StopReason, command: Command) -> EventRecorded:
    for row in live:
        await enrolling.stop(session, row.id, reason, command)
    return EventRecorded(recorded=True, stopped=[row.id for row in live])


async def _hold_all(session: WriteSession, live: receiving.Live, event: AutoReplyEvent) -> EventRecorded:
    held: list[UUID] = []
    for row in live:
        settings = SequenceSettings.model_validate(row.settings)
        until = hold_until_return(
            returns_on=event.returns_on,
            hold_days=settings.auto_reply_hold_days,
            now=datetime.now(UTC) + row.clock_offset,
            due_at=row.next_action_at,
            zone=zone_of(row.timezone, settings.timezone),
        )
        if await receiving.hold(session, row.id, until):
            held.append(row.id)
    return EventRecorded(recorded=True, held=held)
