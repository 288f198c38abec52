"""When the leads of a batch, or those that would be enrolled, will have been sent their first email."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from db.models import Batch
from db.queries.enrollments import forecast as queries
from db.queries.sequences import sequences
from db.session import ReadSession
from domain.mailboxes.forecast import Forecast, MailboxForecast, last_first_email
from domain.mailboxes.send_times import SendTimes
from domain.sequences.later_emails import days_to_later_emails, first_email
from domain.sequences.sequence import Plan

ENROLLING = ("enroll_leads", "enroll_campaign")


async def forecast_new(session: ReadSession, sequence_id: UUID, leads: Mapping[UUID, int]) -> Forecast | None:
    """For `leads` (number by mailbox ID) that are enrolled now. None for a sequence without emails."""
    return await _forecast(
        session, sequence_id, [queries.WaitingLeads(mailbox_id, count, 0, None) for mailbox_id, count in leads.items()]
    )


async def forecast_batch(session: ReadSession, batch: Batch) -> Forecast | None:
    """For the leads that a batch has enrolled so far. None for a batch that does not enroll."""
    if batch.kind not in ENROLLING:
        return None
    waiting = await queries.waiting_leads(session, batch.sequence_id, batch.id)
    return await _forecast(session, batch.sequence_id, waiting)


async def _forecast(session: ReadSession, sequence_id: UUID, waiting: list[queries.WaitingLeads]) -> Forecast | None:
    current = await sequences.current_plan(session, sequence_id)
    if current is None:
        return None
    plan, now = Plan.model_validate(current.plan), datetime.now(UTC)
    first = first_email(plan, now)
    if first is None:
        return None
    step, due_at = first
    ids = [one.mailbox_id for one in waiting]
    mailboxes = await queries.mailboxes(session, ids)
    slots = await queries.slots_by_day(session, ids, now.date() - timedelta(days=1))
    offsets = days_to_later_emails(plan, step)
    return Forecast(
        [
            _of_mailbox(plan, mailboxes[one.mailbox_id], one, slots[one.mailbox_id], offsets, due_at)
            for one in sorted(waiting, key=lambda one: one.mailbox_id)
        ]
    )


def _of_mailbox(
    plan: Plan,
    mailbox: queries.SendingMailbox,
    one: queries.WaitingLeads,
    slots: Mapping[date, queries.DaySlots],
    offsets: list[int],
    due_at: datetime,
) -> MailboxForecast:
    times = SendTimes.of(mailbox, plan, "")
    last_at = one.last_at
    if mailbox.status != "active":
        last_at = None
    elif one.leads > one.placed:
        taken, used = {day: of.taken for day, of in slots.items()}, {day: of.used for day, of in slots.items()}
        last = last_first_email(times, one.leads - one.placed, taken, offsets, due_at, used)
        last_at = max(last, one.last_at or last) if last else None
    day, _ = next(times.days(due_at))
    return MailboxForecast(one.mailbox_id, one.leads, times.limits.cap_on(day), last_at)
