"""Asking for a send slot: within the sequence's window, the mailbox's working hours and its limits.

On the ordinary path the gate takes the slot and reserves the message in one statement. Where the window is closed, or
the mailbox has no room, the enrollment is put off until the earliest slot, and wakes once.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from db.queries.engine.performing import AskedSlot, LoadedMailbox, Reservation
from domain.errors import Conflict
from domain.mailboxes.send_times import Horizons, OpenDays, SendTimes
from domain.sequences.later_emails import days_to_later_emails
from services.engine.steps.visit import Visit
from services.observability import metrics

MARGIN_DAYS = 21
"""Room for a later email is looked for up to so many days after it is due."""


_HORIZONS = Horizons()


class MailboxChanged(Conflict):
    """Its zone was set while an email was about to leave; the next attempt reckons with that."""

    code = "mailbox_changed"
    title = "The mailbox was changed meanwhile"


class NoFreeSlot(Conflict):
    """Twenty years ahead are full."""

    code = "no_free_slot"
    title = "The mailbox has no free send slot"


def send_times(visit: Visit, sender: LoadedMailbox) -> SendTimes:
    """When the lead's email may leave this mailbox."""
    return SendTimes.of(sender, visit.plan, str(visit.loaded.lead.get("timezone") or ""))


async def reserve_now(visit: Visit, times: SendTimes, today: date | None, message: Mapping[str, Any]) -> Reservation:
    """Passes the gate with a slot for this moment, on the mailbox's day `today`; `no_slot` when there is none.

    Without a day the window is closed, and only what became of an earlier attempt can be found.
    """
    offsets = _offsets(visit, times)
    if offsets:
        days = times.open_days(visit.now, offsets[-1] + MARGIN_DAYS)
    else:
        days = OpenDays([today] if today else [], [times.limits.cap_on(today)] if today else [], [], [])
    return _told(await visit.queries.reserve(visit.place, _asked(visit, times, days, offsets), message=dict(message)))


async def put_off(visit: Visit, sender: LoadedMailbox, times: SendTimes) -> Reservation:
    """Lets the enrollment sleep until the earliest slot. `settle` where an earlier attempt must be looked at first.

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
        raise MailboxChanged("the mailbox counts its days in another zone now")
    if answer.cause is not None:
        metrics.DEFERRALS.labels(answer.cause).inc()
    elif answer.outcome == "reserved":
        metrics.SLOTS_USED.inc()
    return answer
