"""What a forecast reads about mailboxes, and about the leads that wait for them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select, text

from db.models import Mailbox
from db.session import ReadSession

# Paused and failed enrollments are not counted.
_WAITING = text("""
    SELECT s.mailbox_id, count(*) AS leads, count(h.id) AS placed, max(h.at) AS last_at
      FROM lead_sequence_state s
      LEFT JOIN send_slots h ON h.tenant_id = s.tenant_id AND h.enrollment_id = s.id AND h.status = 'held'
     WHERE s.tenant_id = :tenant_id AND s.sequence_id = :sequence_id AND s.batch_id = :batch_id
       AND s.status IN ('pending', 'active') AND s.emails_sent = 0 AND s.mailbox_id IS NOT NULL
     GROUP BY s.mailbox_id
""")


_DAYS = text("""
    SELECT d.mailbox_id, d.day, d.taken + d.planned AS taken,
           (SELECT count(*) FROM send_slots s
             WHERE s.tenant_id = d.tenant_id AND s.mailbox_id = d.mailbox_id AND s.status IN ('held', 'used')
               AND s.status = 'used' AND s.day = d.day
               AND s.at BETWEEN clock_timestamp() - interval '2 days' AND clock_timestamp()) AS used
      FROM send_days d
     WHERE d.tenant_id = :tenant_id AND d.mailbox_id = ANY (:mailbox_ids) AND d.day >= :since
""")


class WaitingLeads(NamedTuple):
    """Leads of a batch that have not been sent their first email, for one mailbox. `placed`: how many of them have a
    send slot. `last_at`: the latest of those slots."""

    mailbox_id: UUID
    leads: int
    placed: int
    last_at: datetime | None


async def waiting_leads(session: ReadSession, sequence_id: UUID, batch_id: UUID) -> list[WaitingLeads]:
    key = {"tenant_id": session.tenant_id, "sequence_id": sequence_id, "batch_id": batch_id}
    return [WaitingLeads(*row) for row in await session.execute(_WAITING, key)]


class SendingMailbox(NamedTuple):
    """The columns of a mailbox that its send times depend on."""

    id: UUID
    status: str
    timezone: str
    day_zone: str
    working_hours: dict[str, Any] | None
    daily_cap: int | None
    hourly_cap: int | None
    min_gap_seconds: int
    gap_jitter_seconds: int
    ramp_start: int | None
    ramp_increase: int | None
    ramp_started_on: date | None


class DaySlots(NamedTuple):
    """`taken`: slots of one day that are used, held, or planned for later emails. `used`: how many of them have been
    used by now."""

    taken: int
    used: int


async def mailboxes(session: ReadSession, mailbox_ids: Sequence[UUID]) -> dict[UUID, SendingMailbox]:
    columns = [getattr(Mailbox, name) for name in SendingMailbox._fields]
    statement = select(*columns).where(Mailbox.tenant_id == session.tenant_id, Mailbox.id.in_(mailbox_ids))
    return {row[0]: SendingMailbox(*row) for row in await session.execute(statement)}


async def slots_by_day(
    session: ReadSession, mailbox_ids: Sequence[UUID], since: date
) -> dict[UUID, dict[date, DaySlots]]:
    key = {"tenant_id": session.tenant_id, "mailbox_ids": list(mailbox_ids), "since": since}
    days: dict[UUID, dict[date, DaySlots]] = {mailbox_id: {} for mailbox_id in mailbox_ids}
    for row in await session.execute(_DAYS, key):
        days[row.mailbox_id][row.day] = DaySlots(row.taken, row.used)
    return days
