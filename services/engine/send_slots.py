"""Asking for a send slot: within the sequence's send window, the mailbox's working hours and its limits.

Usually the gate takes the slot and reserves the message in one statement. When the window is closed, or the mailbox has
no free slot, the enrollment is put off until the earliest slot, and wakes up once.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from db.queries.engine.performing import AskedSlot, LoadedMailbox, Reservation
from domain.errors import Conflict
from domain.mailboxes.send_times import Horizons, OpenDays, SendTimes
from domain.sequences.later_emails import days_to_later_emails
from services.engine.visit import Visit
from services.observability import metrics

MARGIN_DAYS = 21
"""A slot for a later email of the same lead is looked for up to this many days after the email is due."""

_HORIZONS = Horizons()


class MailboxChanged(Conflict):
    """Somebody set its time zone while an email was about to be sent. The next attempt uses the new zone."""

    code = "mailbox_changed"
    title = "The mailbox was changed at the same time"
    remedy = "Wait: the next attempt uses the mailbox's new time zone."


class NoFreeSlot(Conflict):
    """Every day of the next twenty years is full."""

    code = "no_free_slot"
    title = "The mailbox has no free send slot"
    remedy = "Raise the mailbox's limits, or use more mailboxes."


def send_times(visit: Visit, sender: LoadedMailbox) -> SendTimes:
    """When an email to this lead may be sent from this mailbox."""
    return SendTimes.of(sender, visit.plan, str(visit.loaded.lead.get("timezone") or ""))


async def reserve_now(visit: Visit, times: SendTimes, today: date | None, message: Mapping[str, Any]) -> Reservation:
    """Pass the gate with a slot for this moment, on the mailbox's day `today`; `no_slot` when there is none.

    `today` is None while the window is closed. The gate then only answers what an earlier attempt has done.
    """
    offsets = _offsets(visit, times)
    if offsets:
        days = times.open_days(visit.now, offsets[-1] + MARGIN_DAYS)
    else:
        days = OpenDays([today] if today else [], [times.limits.cap_on(today)] if today else [], [], [])
    return _told(await visit.queries.reserve(visit.place, _asked(visit, times, days, offsets), message=dict(message)))


async def put_off(visit: Visit, sender: LoadedMailbox, times: SendTimes) -> Reservation:
    """Let the enrollment sleep until the earliest slot. `settle`: an earlier attempt must be settled at the gate first.

    Raises NoFreeSlot, MailboxChanged, and WindowNeverOpens.
    """
    closed = times.hours.deferral(visit.now)
    offsets = _offsets(visit, times)
    for beyond, horizon in _HORIZONS.of(sender.id):
        days = times.open_days(visit.now, horizon + (offsets[-1] if offsets else 0), beyond)
        asked = _asked(visit, times, days, offsets)
        answer = _told(await visit.queries.defer(visit.place, asked, mailbox_id=sender.id, closed=closed))
        if answer.outcome != "no_slot":
            if answer.outcome == "deferred" and answer.directive.due_at is not None:
                _HORIZONS.found(sender.id, (answer.directive.due_at - visit.now).days)
            return answer
    raise NoFreeSlot("every day of the mailbox is full, as far as can be looked ahead")


def _offsets(visit: Visit, times: SendTimes) -> list[int]:
    if visit.loaded.messages or not times.limits.has_days:
        return []
    return days_to_later_emails(visit.plan, visit.step)


def _asked(visit: Visit, times: SendTimes, days: OpenDays, offsets: list[int]) -> AskedSlot:
    return AskedSlot(
        step_id=visit.step.id,
        visit=visit.number,
        now=visit.now,
        decisions=visit.decision_rows(),
        resend=visit.plan.settings.unknown_outcome == "resend",
        zone=times.zone.key,
        open_days=days,
        jitter=times.limits.jitter(visit.queries.enrollment_id, visit.step.id, visit.number),
        offsets=offsets,
    )


def _told(answer: Reservation) -> Reservation:
    if answer.outcome == "stale":
        raise MailboxChanged("the mailbox counts its days in another time zone now")
    if answer.cause is not None:
        metrics.DEFERRALS.labels(answer.cause).inc()
    elif answer.outcome == "reserved":
        metrics.SLOTS_USED.inc()
    return answer
