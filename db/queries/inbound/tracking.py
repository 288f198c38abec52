"""Finds the message of a tracked link, and corrects earlier events that turn out to be a machine's."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from db.calls.rows import log_move
from db.queries.inbound.receiving import About
from db.session import ReadSession, WriteSession
from domain.enrollments.log_event import LogEvent
from domain.inbound.machines import AT_ONCE

_BY_ID = text("""
    SELECT m.lead_id, m.enrollment_id, s.sequence_id, m.id AS message_id, m.step_id,
           clock_timestamp() + s.clock_offset AS now,
           v.plan->'settings' AS settings, coalesce(m.accepted_at, m.sent_at, m.sending_at) AS delivered_at
      FROM messages m
      JOIN lead_sequence_state s ON s.tenant_id = m.tenant_id AND s.id = m.enrollment_id
      JOIN sequence_versions v ON v.tenant_id = s.tenant_id AND v.id = s.version_id
     WHERE m.tenant_id = :tenant_id AND m.id = :message_id AND m.status IN ('sending', 'sent', 'unknown')
""")
_ADDRESS = text("""
    SELECT l.email FROM messages m JOIN leads l ON l.tenant_id = m.tenant_id AND l.id = m.lead_id
     WHERE m.tenant_id = :tenant_id AND m.id = :message_id AND m.status IN ('sending', 'sent', 'unknown')
""")
_TOLD = text("SELECT EXISTS (SELECT FROM lead_engagement WHERE tenant_id = :tenant_id AND event_id = :event_id)")
# This lock comes last in the order of locks: whoever locks a message either holds its enrollment or locks nothing else.
_LOCK = text("SELECT FROM messages WHERE tenant_id = :tenant_id AND id = :message_id FOR NO KEY UPDATE")
_NEAR = """
       tenant_id = :tenant_id AND enrollment_id = :enrollment_id AND message_id = :message_id
       AND occurred_at BETWEEN CAST(:at AS timestamptz) - CAST(:at_once AS interval)
                           AND CAST(:at AS timestamptz) + CAST(:at_once AS interval)
"""
_BESIDE = text(
    f"SELECT EXISTS (SELECT FROM lead_engagement WHERE {_NEAR} AND type = 'click' AND detail->>'url' <> :url)"
)
# The event_id changes, so that the same link followed by a person in the same minute is not taken for a duplicate.
_RELABEL = text(f"""
    UPDATE lead_engagement
       SET machine = true, detail = detail || jsonb_build_object('rule', CAST(:rule AS text), 'relabelled', true),
           event_id = event_id || '/relabelled/' || id
     WHERE {_NEAR} AND NOT machine
       AND (type = 'click' AND detail->>'url' <> :url OR type = 'open' AND detail ? 'implied_by')
    RETURNING id, type, occurred_at
""")
_PERSONS = text("""
    SELECT count(*) FILTER (WHERE type = 'open') AS opens, count(*) FILTER (WHERE type = 'click') AS clicks
      FROM lead_engagement
     WHERE tenant_id = :tenant_id AND enrollment_id = :enrollment_id AND message_id = :message_id AND NOT machine
""")
_TAKE_BACK = text("""
    UPDATE lead_sequence_state
       SET emails_opened = greatest(emails_opened - CAST(:opened AS integer), 0),
           emails_clicked = greatest(emails_clicked - CAST(:clicked AS integer), 0),
           engagement_score = greatest(engagement_score - CAST(:points AS integer), 0)
     WHERE tenant_id = :tenant_id AND id = :enrollment_id
""")
# `moved`: a decision was made or a wait ended after the event that turned out to be a machine's.
_DETAIL = """
    jsonb_build_object(
        'rule', CAST(:rule AS text), 'clicks', CAST(:clicks AS integer), 'opens', CAST(:opens AS integer),
        'moved', EXISTS (SELECT FROM sequence_execution_log g
                          WHERE g.tenant_id = s.tenant_id AND g.enrollment_id = s.id
                            AND g.event IN (:heard, :branch_decided) AND g.occurred_at >= :since))
"""
_LOG = text(f"""
    SELECT {log_move("s", event=":event", step_id=":step_id", detail=_DETAIL, at=":at")}
      FROM lead_sequence_state s WHERE s.tenant_id = :tenant_id AND s.id = :enrollment_id
""").bindparams(
    event=LogEvent.RELABELLED.value, heard=LogEvent.HEARD.value, branch_decided=LogEvent.BRANCH_DECIDED.value
)


@dataclass(frozen=True, slots=True)
class LinkedMessage:
    about: About
    delivered_at: datetime | None
    """The time on the enrollment's clock. For a message with an unknown outcome: when it was handed over."""


class Relabelled(NamedTuple):
    id: int
    type: str
    occurred_at: datetime


async def linked_message(session: WriteSession, message_id: UUID) -> LinkedMessage | None:
    """Returns None for a message that was never sent, or that was erased with its lead."""
    found = await session.execute(_BY_ID, {"tenant_id": session.tenant_id, "message_id": message_id})
    row = found.mappings().one_or_none()
    if row is None:
        return None
    fields = dict(row)
    delivered_at = fields.pop("delivered_at")
    return LinkedMessage(About(**fields), delivered_at)


async def address_of(session: ReadSession, message_id: UUID) -> str | None:
    """Returns the address of the message's recipient; None as in `linked_message`."""
    return await session.scalar(_ADDRESS, {"tenant_id": session.tenant_id, "message_id": message_id})


async def is_told(session: ReadSession, event_id: str) -> bool:
    return bool(await session.scalar(_TOLD, {"tenant_id": session.tenant_id, "event_id": event_id}))


async def lock_message(session: WriteSession, message_id: UUID) -> None:
    """Locks the message, so that two clicks in it are processed one after the other, even if its enrollment has ended.
    Lock the lead's enrollments first."""
    await session.execute(_LOCK, {"tenant_id": session.tenant_id, "message_id": message_id})


async def clicked_beside(session: ReadSession, about: About, url: str, at: datetime) -> bool:
    """Whether another link of the message was followed within `AT_ONCE` of `at` (on the enrollment's clock)."""
    return bool(await session.scalar(_BESIDE, {**_near(session, about, at), "url": url}))


async def relabel_beside(session: WriteSession, about: About, url: str, at: datetime, rule: str) -> list[Relabelled]:
    """Marks the clicks on other links within `AT_ONCE`, and the opens that those implied, as a machine's."""
    rows = await session.execute(_RELABEL, {**_near(session, about, at), "url": url, "rule": rule})
    return [Relabelled(*row) for row in rows]


async def persons_deeds(session: ReadSession, about: About) -> tuple[int, int]:
    """Returns how often a person opened the message, and how often a person followed a link in it."""
    key = {"tenant_id": session.tenant_id, "enrollment_id": about.enrollment_id, "message_id": about.message_id}
    row = (await session.execute(_PERSONS, key)).one()
    return row.opens, row.clicks


async def take_back(session: WriteSession, about: About, *, opened: bool, clicked: bool, points: int) -> None:
    """Corrects the enrollment's counters: one opened or clicked message less, and `points` less in the score."""
    key = {"tenant_id": session.tenant_id, "enrollment_id": about.enrollment_id}
    await session.execute(_TAKE_BACK, {**key, "opened": opened, "clicked": clicked, "points": points})


async def log_relabelled(
    session: WriteSession, about: About, relabelled: list[Relabelled], rule: str, at: datetime
) -> None:
    await session.execute(
        _LOG,
        {
            "tenant_id": session.tenant_id,
            "enrollment_id": about.enrollment_id,
            "step_id": about.step_id,
            "rule": rule,
            "clicks": sum(one.type == "click" for one in relabelled),
            "opens": sum(one.type == "open" for one in relabelled),
            "since": min(one.occurred_at for one in relabelled),
            "at": at,
        },
    )


def _near(session: ReadSession, about: About, at: datetime) -> dict[str, object]:
    return {
        "tenant_id": session.tenant_id,
        "enrollment_id": about.enrollment_id,
        "message_id": about.message_id,
        "at": at,
        "at_once": AT_ONCE,
    }
