"""What an event needs to find, and what it leaves behind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from db.session import WriteSession

# In the order of their IDs: whoever locks several enrollments does so in this order, so that none waits in a circle.
#
# Of this one table, and nothing but its own columns: who had to wait for a lock has the row that was changed meanwhile
# put to the question again, and beside the rows of other tables as they were before. What a join or a subquery then
# says no more leaves the enrollment out, and a reply would stop nobody.
_LOCK_OF_LEAD = text("""
    SELECT id FROM lead_sequence_state
     WHERE tenant_id = :tenant_id AND lead_id = :lead_id AND status IN ('pending', 'active', 'paused', 'failed')
     ORDER BY id FOR UPDATE
""")
_LOCK = text("""
    SELECT id FROM lead_sequence_state
     WHERE tenant_id = :tenant_id AND id = ANY (CAST(:ids AS uuid[]))
       AND status IN ('pending', 'active', 'paused', 'failed')
     ORDER BY id FOR UPDATE
""")
# A statement of its own: it sees what was there once the locks were held.
_LIVE = text("""
    SELECT s.id, s.lead_id, s.next_action_at, s.clock_offset, s.waiting_for, v.plan->'settings' AS settings, l.timezone
      FROM lead_sequence_state s
      JOIN sequence_versions v ON v.tenant_id = s.tenant_id AND v.id = s.version_id
      JOIN leads l ON l.tenant_id = s.tenant_id AND l.id = s.lead_id
     WHERE s.tenant_id = :tenant_id AND s.id = ANY (CAST(:ids AS uuid[]))
     ORDER BY s.id
""")
_HEEDING = text("""
    SELECT id FROM sequence_versions WHERE tenant_id = :tenant_id AND on_company_reply IN ('stop', 'pause')
""")
_OF_LEAD_AND_COLLEAGUES = text("""
    SELECT s.id FROM lead_sequence_state s
     WHERE s.tenant_id = :tenant_id AND s.lead_id = :lead_id
       AND s.status IN ('pending', 'active', 'paused', 'failed')
    UNION ALL
    SELECT s.id FROM leads c
      JOIN lead_sequence_state s ON s.tenant_id = c.tenant_id AND s.lead_id = c.id
     WHERE c.tenant_id = :tenant_id AND c.domain = :company_domain AND c.id <> :lead_id
       AND s.status IN ('pending', 'active', 'paused', 'failed')
       AND s.version_id = ANY (CAST(:heeding AS uuid[]))
""")
# Whoever opened, clicked or answered since was there to do so.
_SOFT_BOUNCES = text("""
    SELECT count(*) FROM lead_engagement e
     WHERE e.tenant_id = :tenant_id AND e.lead_id = :lead_id AND e.type = 'bounce'
       AND NOT coalesce((e.detail->>'hard')::boolean, true) AND e.occurred_at >= :since
       AND e.id > coalesce((SELECT max(p.id) FROM lead_engagement p
                             WHERE p.tenant_id = :tenant_id AND p.lead_id = :lead_id AND NOT p.machine
                               AND p.type IN ('open', 'click', 'reply')), 0)
""")
_EMAIL = text("SELECT email FROM leads WHERE tenant_id = :tenant_id AND id = :lead_id")
_BY_MESSAGE = text("""
    SELECT m.lead_id, m.enrollment_id, s.sequence_id, m.id AS message_id, m.step_id, s.clock_offset,
           v.plan->'settings' AS settings
      FROM messages m
      JOIN lead_sequence_state s ON s.tenant_id = m.tenant_id AND s.id = m.enrollment_id
      JOIN sequence_versions v ON v.tenant_id = s.tenant_id AND v.id = s.version_id
     WHERE m.tenant_id = :tenant_id AND m.rfc_message_id = ANY (CAST(:message_ids AS text[]))
     ORDER BY m.reserved_at DESC LIMIT 1
""")
# The message's own ID: what is left of a Message-ID that a gateway has rewritten, and what an unsubscribe link says.
_BY_ID = text("""
    SELECT m.lead_id, m.enrollment_id, s.sequence_id, m.id AS message_id, m.step_id, s.clock_offset,
           v.plan->'settings' AS settings
      FROM messages m
      JOIN lead_sequence_state s ON s.tenant_id = m.tenant_id AND s.id = m.enrollment_id
      JOIN sequence_versions v ON v.tenant_id = s.tenant_id AND v.id = s.version_id
     WHERE m.tenant_id = :tenant_id AND m.id = ANY (CAST(:ids AS uuid[]))
     ORDER BY m.reserved_at DESC LIMIT 1
""")
# What an event without a Message-ID is about: the last email that the lead was sent, in a live enrollment if any.
_LATEST = text("""
    SELECT s.lead_id, s.id AS enrollment_id, s.sequence_id, m.id AS message_id, m.step_id, s.clock_offset,
           v.plan->'settings' AS settings
      FROM lead_sequence_state s
      JOIN sequence_versions v ON v.tenant_id = s.tenant_id AND v.id = s.version_id
      LEFT JOIN LATERAL (
           SELECT id, step_id, sent_at FROM messages
            WHERE tenant_id = s.tenant_id AND enrollment_id = s.id AND status IN ('sent', 'unknown', 'sending')
            ORDER BY reserved_at DESC LIMIT 1) m ON true
     WHERE s.tenant_id = :tenant_id AND s.lead_id = :lead_id
     ORDER BY s.ended_at IS NULL DESC, m.sent_at DESC NULLS LAST, s.enrolled_at DESC LIMIT 1
""")
_OF_ENROLLMENT = text("""
    SELECT lead_id, id AS enrollment_id, sequence_id, CAST(:message_id AS uuid) AS message_id,
           current_step_id AS step_id, clock_offset
      FROM lead_sequence_state WHERE tenant_id = :tenant_id AND id = :enrollment_id
""")
# Some that are addressed are leads: the first of them in the caller's order.
_BY_ADDRESS = text("""
    SELECT l.id FROM leads l WHERE l.tenant_id = :tenant_id AND l.email = ANY (CAST(:emails AS text[]))
     ORDER BY array_position(CAST(:emails AS text[]), l.email) LIMIT 1
""")
_RECORD = text("""
    INSERT INTO lead_engagement
        (tenant_id, lead_id, enrollment_id, sequence_id, message_id, step_id, type, name, machine, detail, event_id,
         occurred_at)
    VALUES (:tenant_id, :lead_id, :enrollment_id, :sequence_id, :message_id, :step_id, :type, :name, :machine,
            :detail, :event_id, :occurred_at)
    ON CONFLICT ON CONSTRAINT lead_engagement_event_id_key DO NOTHING
    RETURNING id
""").bindparams(bindparam("detail", type_=JSONB))
# Opens and clicks count once for each message, and only a person's.
_COUNT = text("""
    UPDATE lead_sequence_state s
       SET emails_opened = emails_opened + CAST(:type = 'open' AND :first AS integer),
           emails_clicked = emails_clicked + CAST(:type = 'click' AND :first AS integer),
           emails_replied = emails_replied + CAST(:type = 'reply' AND :first AS integer),
           engagement_score = engagement_score + :points,
           last_activity_at = greatest(last_activity_at, :occurred_at)
     WHERE tenant_id = :tenant_id AND id = :enrollment_id
""")
_SEEN = text("""
    SELECT EXISTS (SELECT FROM lead_engagement
                    WHERE tenant_id = :tenant_id AND enrollment_id = :enrollment_id AND type = :type AND NOT machine
                      AND message_id IS NOT DISTINCT FROM :message_id AND id <> :id)
""")
_HOLD = text("SELECT (hold_lead_sequence(:tenant_id, :enrollment_id, :until, NULL)).hold_until = :until")


_HEAR = text("SELECT (hear_lead_event(:tenant_id, :enrollment_id, :event)).id IS NOT NULL")


Live = Sequence[Row[Any]]
"""Live enrollments: `id`, `lead_id`, `next_action_at`, `clock_offset`, `waiting_for`, their version's `settings`,
the lead's `timezone`."""


@dataclass(frozen=True, slots=True)
class About:
    """What an event is about; only the lead is certain."""

    lead_id: UUID
    enrollment_id: UUID | None = None
    sequence_id: UUID | None = None
    message_id: UUID | None = None
    step_id: UUID | None = None
    clock_offset: timedelta = timedelta(0)
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Of the version that the enrollment runs on."""

    def of_lead_alone(self) -> "About":
        """The same, as a fact of the lead and no email's."""
        return replace(self, enrollment_id=None, sequence_id=None, message_id=None, step_id=None)


def _about(row: Row[Any] | None) -> About | None:
    return None if row is None else About(**row._mapping)  # pyright: ignore[reportPrivateUsage]


async def about_message(session: WriteSession, rfc_message_ids: Sequence[str]) -> About | None:
    """The most recent message of the tenant among these Message-IDs."""
    found = await session.execute(_BY_MESSAGE, {"tenant_id": session.tenant_id, "message_ids": list(rfc_message_ids)})
    return _about(found.one_or_none())


async def about_message_id(session: WriteSession, ids: Sequence[UUID]) -> About | None:
    """The most recent message of the tenant among these rows of `messages`."""
    found = await session.execute(_BY_ID, {"tenant_id": session.tenant_id, "ids": list(ids)})
    return _about(found.one_or_none())


async def about_lead(session: WriteSession, lead_id: UUID) -> About:
    found = await session.execute(_LATEST, {"tenant_id": session.tenant_id, "lead_id": lead_id})
    return _about(found.one_or_none()) or About(lead_id)


async def about_enrollment(session: WriteSession, enrollment_id: UUID, message_id: UUID) -> About:
    """The message that the enrollment's current step is sending."""
    found = await session.execute(
        _OF_ENROLLMENT,
        {"tenant_id": session.tenant_id, "enrollment_id": enrollment_id, "message_id": message_id},
    )
    return About(**found.one()._mapping)  # pyright: ignore[reportPrivateUsage]


async def lead_by_email(session: WriteSession, emails: Sequence[str]) -> UUID | None:
    """The lead with the first of these addresses (lower case) that is a lead's."""
    return await session.scalar(_BY_ADDRESS, {"tenant_id": session.tenant_id, "emails": list(emails)})


async def lock_enrollments(session: WriteSession, lead_id: UUID) -> Sequence[UUID]:
    """Locks every enrollment of the lead that has not ended; their IDs."""
    return (await session.scalars(_LOCK_OF_LEAD, {"tenant_id": session.tenant_id, "lead_id": lead_id})).all()


async def live_enrollments(session: WriteSession, lead_id: UUID, company_domain: str | None = None) -> Live:
    """Locks every enrollment of the lead that has not ended; with `company_domain` also those of other leads of that
    domain, in sequences that stop or pause when a colleague replies."""
    lead = {"tenant_id": session.tenant_id, "lead_id": lead_id}
    heeding = list((await session.scalars(_HEEDING, lead)).all()) if company_domain else list[UUID]()
    if heeding:
        asked = {**lead, "company_domain": company_domain, "heeding": heeding}
        ids = (await session.scalars(_OF_LEAD_AND_COLLEAGUES, asked)).all()
        locked = (await session.scalars(_LOCK, {"tenant_id": session.tenant_id, "ids": list(ids)})).all()
    else:
        locked = await lock_enrollments(session, lead_id)
    if not locked:
        return []
    return (await session.execute(_LIVE, {"tenant_id": session.tenant_id, "ids": list(locked)})).all()


async def soft_bounces(session: WriteSession, lead_id: UUID, *, since: datetime) -> int:
    """How many since then, and since a person last opened, clicked or answered there."""
    key = {"tenant_id": session.tenant_id, "lead_id": lead_id, "since": since}
    return int((await session.execute(_SOFT_BOUNCES, key)).scalar_one())


async def email_of(session: WriteSession, lead_id: UUID) -> str:
    return str((await session.execute(_EMAIL, {"tenant_id": session.tenant_id, "lead_id": lead_id})).scalar_one())


async def record(
    session: WriteSession,
    about: About,
    *,
    event_type: str,
    name: str | None,
    machine: bool,
    detail: dict[str, Any],
    event_id: str | None,
    occurred_at: datetime,
) -> int | None:
    """The new row's ID; None when an event with this `event_id` is there already."""
    return await session.scalar(
        _RECORD,
        {
            "tenant_id": session.tenant_id,
            "lead_id": about.lead_id,
            "enrollment_id": about.enrollment_id,
            "sequence_id": about.sequence_id,
            "message_id": about.message_id,
            "step_id": about.step_id,
            "type": event_type,
            "name": name,
            "machine": machine,
            "detail": detail,
            "event_id": event_id,
            "occurred_at": occurred_at,
        },
    )


async def count(
    session: WriteSession, about: About, *, row_id: int, event_type: str, points: int, occurred_at: datetime
) -> None:
    """Brings the enrollment's counters up to date with an event of a person."""
    key = {"tenant_id": session.tenant_id, "enrollment_id": about.enrollment_id, "type": event_type}
    seen = await session.scalar(_SEEN, {**key, "message_id": about.message_id, "id": row_id})
    await session.execute(_COUNT, {**key, "first": not seen, "points": points, "occurred_at": occurred_at})


async def hold(session: WriteSession, enrollment_id: UUID, until: datetime) -> bool:
    """Whether the enrollment is held until then: not when that is past, or it is held for longer already."""
    key = {"tenant_id": session.tenant_id, "enrollment_id": enrollment_id, "until": until}
    return bool(await session.scalar(_HOLD, key))


async def hear(session: WriteSession, enrollment_id: UUID, event: str) -> bool:
    """Has the enrollment go on at once, if this is the event (`domain.events.event_key`) that it waits for."""
    key = {"tenant_id": session.tenant_id, "enrollment_id": enrollment_id, "event": event}
    return bool(await session.scalar(_HEAR, key))
