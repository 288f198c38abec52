"""Finds what an event is about, and records it with one call of `receive_event` (db/sql/events.sql)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, text

from db.calls.events import LockLiveEnrollments, ReceiveEvent
from db.session import ReadSession, WriteSession

_ABOUT = """
    SELECT s.lead_id, s.id AS enrollment_id, s.sequence_id, m.id AS message_id, m.step_id,
           clock_timestamp() + s.clock_offset AS now, v.plan->'settings' AS settings, l.email
      FROM messages m
      JOIN lead_sequence_state s ON s.tenant_id = m.tenant_id AND s.id = m.enrollment_id
      JOIN sequence_versions v ON v.tenant_id = s.tenant_id AND v.id = s.version_id
      JOIN leads l ON l.tenant_id = s.tenant_id AND l.id = s.lead_id
     WHERE m.tenant_id = :tenant_id
"""
_BY_MESSAGE = text(f"""{_ABOUT}
       AND m.rfc_message_id = ANY (CAST(:message_ids AS text[])) ORDER BY m.reserved_at DESC LIMIT 1
""")
# By the message's own ID, which remains of a Message-ID that a gateway has rewritten, and which unsubscribe links
# contain.
_BY_ID = text(f"""{_ABOUT}
       AND m.id = ANY (CAST(:ids AS uuid[])) ORDER BY m.reserved_at DESC LIMIT 1
""")
# An event without a Message-ID is about the last email that the lead was sent, preferably in a live enrollment.
_LATEST = text("""
    SELECT l.id AS lead_id, s.id AS enrollment_id, s.sequence_id, m.id AS message_id, m.step_id,
           clock_timestamp() + coalesce(s.clock_offset, '0') AS now,
           coalesce(v.plan->'settings', '{}') AS settings, l.email
      FROM leads l
      LEFT JOIN lead_sequence_state s ON s.tenant_id = l.tenant_id AND s.lead_id = l.id
      LEFT JOIN sequence_versions v ON v.tenant_id = s.tenant_id AND v.id = s.version_id
      LEFT JOIN LATERAL (
           SELECT id, step_id, sent_at FROM messages
            WHERE tenant_id = s.tenant_id AND enrollment_id = s.id AND status IN ('sent', 'unknown', 'sending')
            ORDER BY reserved_at DESC LIMIT 1) m ON true
     WHERE l.tenant_id = :tenant_id AND l.id = :lead_id
     ORDER BY s.ended_at IS NULL DESC, m.sent_at DESC NULLS LAST, s.enrolled_at DESC LIMIT 1
""")
_OF_ENROLLMENT = text("""
    SELECT lead_id, id AS enrollment_id, sequence_id, CAST(:message_id AS uuid) AS message_id,
           current_step_id AS step_id, clock_timestamp() + clock_offset AS now
      FROM lead_sequence_state WHERE tenant_id = :tenant_id AND id = :enrollment_id
""")
# Several recipients may be leads: the first one in the caller's order counts.
_BY_ADDRESS = text("""
    SELECT l.id FROM leads l WHERE l.tenant_id = :tenant_id AND l.email = ANY (CAST(:emails AS text[]))
     ORDER BY array_position(CAST(:emails AS text[]), l.email) LIMIT 1
""")
_TO_HOLD = text("""
    SELECT s.id, s.next_action_at, clock_timestamp() + s.clock_offset AS now, v.plan->'settings' AS settings, l.timezone
      FROM lead_sequence_state s
      JOIN sequence_versions v ON v.tenant_id = s.tenant_id AND v.id = s.version_id
      JOIN leads l ON l.tenant_id = s.tenant_id AND l.id = s.lead_id
     WHERE s.tenant_id = :tenant_id AND s.id = ANY (CAST(:ids AS uuid[]))
     ORDER BY s.id
""")


@dataclass(frozen=True, slots=True)
class About:
    """What an event is about. Only the lead is always known."""

    lead_id: UUID
    now: datetime
    """The time on the enrollment's clock, computed by Postgres (docs/clocks.md)."""
    enrollment_id: UUID | None = None
    sequence_id: UUID | None = None
    message_id: UUID | None = None
    step_id: UUID | None = None
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """The settings of the version that the enrollment uses."""
    email: str = field(default="", repr=False)
    """The lead's address; empty in the answer of `about_enrollment`."""

    def of_lead_alone(self) -> "About":
        """The same lead, without an enrollment or a message."""
        return replace(self, enrollment_id=None, sequence_id=None, message_id=None, step_id=None)


class EventRow(NamedTuple):
    """An event to be recorded. `key`: the name by which steps wait for it. `points`: what it adds to the score if a
    person caused it."""

    type: str
    name: str | None
    key: str
    machine: bool
    points: int
    detail: Mapping[str, Any]
    event_id: str | None
    occurred_at: datetime


class Received(NamedTuple):
    """`live`: enrollments of the lead that the event neither stopped nor woke. All of them are locked."""

    recorded: bool
    stopped: list[UUID]
    live: list[UUID]
    company_stopped: list[UUID]
    company_paused: list[UUID]


async def about_message(session: ReadSession, rfc_message_ids: Sequence[str]) -> About | None:
    """Returns the tenant's most recent message with one of these Message-IDs."""
    found = await session.execute(_BY_MESSAGE, {"tenant_id": session.tenant_id, "message_ids": list(rfc_message_ids)})
    return _about(found.one_or_none())


async def about_message_id(session: ReadSession, ids: Sequence[UUID]) -> About | None:
    """Returns the tenant's most recent message with one of these IDs in `messages`."""
    found = await session.execute(_BY_ID, {"tenant_id": session.tenant_id, "ids": list(ids)})
    return _about(found.one_or_none())


async def about_lead(session: ReadSession, lead_id: UUID) -> About | None:
    """Returns None when the lead does not exist."""
    found = await session.execute(_LATEST, {"tenant_id": session.tenant_id, "lead_id": lead_id})
    return _about(found.one_or_none())


async def about_enrollment(session: ReadSession, enrollment_id: UUID, message_id: UUID) -> About:
    """For the message that the enrollment's current step is sending."""
    found = await session.execute(
        _OF_ENROLLMENT,
        {"tenant_id": session.tenant_id, "enrollment_id": enrollment_id, "message_id": message_id},
    )
    return About(**found.one()._mapping)  # pyright: ignore[reportPrivateUsage]


def _about(row: Row[Any] | None) -> About | None:
    return None if row is None else About(**row._mapping)  # pyright: ignore[reportPrivateUsage]


async def lead_by_email(session: ReadSession, emails: Sequence[str]) -> UUID | None:
    """Returns the lead with the first of these addresses (lower case) that belongs to a lead."""
    return await session.scalar(_BY_ADDRESS, {"tenant_id": session.tenant_id, "emails": list(emails)})


async def lock_enrollments(
    session: WriteSession, lead_id: UUID, company_domain: str | None = None, *, about: UUID | None = None
) -> list[UUID]:
    """Locks every enrollment of the lead that has not ended, and returns their IDs. With `company_domain` it includes
    other leads of that domain, in sequences that stop or pause when a colleague replies. The enrollment `about` is
    locked too, even if it has ended, because recording the event will change it."""
    lock = LockLiveEnrollments(tenant_id=session.tenant_id, lead_id=lead_id, company_domain=company_domain, about=about)
    return [row.id for row in await lock.all_within(session)]


async def receive(
    session: WriteSession, about: About, event: EventRow, demand: Mapping[str, Any] | None, company_domain: str | None
) -> Received:
    """Locks the lead's enrollments (with `company_domain` also its colleagues'), records the event, and applies its
    consequences; see the SQL function `receive_event`. An `event_id` that was already recorded changes nothing."""
    row = {
        **event._asdict(),
        "occurred_at": event.occurred_at.isoformat(),
        "lead_id": str(about.lead_id),
        "enrollment_id": _text(about.enrollment_id),
        "sequence_id": _text(about.sequence_id),
        "message_id": _text(about.message_id),
        "step_id": _text(about.step_id),
    }
    told = ReceiveEvent(tenant_id=session.tenant_id, event=row, demand=demand, company_domain=company_domain)
    answer = await told.within(session)
    moved = ("stopped", "live", "company_stopped", "company_paused")
    return Received(answer["recorded"], *([UUID(one) for one in answer.get(name, ())] for name in moved))


async def to_hold(session: ReadSession, enrollment_ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    """Returns `id`, `next_action_at`, `now` on its own clock, the `settings` of its version, and the lead's
    `timezone`."""
    key = {"tenant_id": session.tenant_id, "ids": list(enrollment_ids)}
    return (await session.execute(_TO_HOLD, key)).all()


def _text(an_id: UUID | None) -> str | None:
    return None if an_id is None else str(an_id)
