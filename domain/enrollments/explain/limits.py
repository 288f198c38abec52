"""Causes for which an email that is due now or soon may not be sent then: sending hours, or a limit of the mailbox."""

from datetime import datetime
from typing import Any

from domain.enrollments.explain.reason import Reason, json_time
from domain.enrollments.explain.situation import Deferral, Situation
from domain.mailboxes.windows import WindowNeverOpens


def window(at: Situation) -> Reason | None:
    return _closed(at, "window")


def holiday(at: Situation) -> Reason | None:
    return _closed(at, "holiday")


def working_hours(at: Situation) -> Reason | None:
    return _closed(at, "working_hours")


def daily_cap(at: Situation) -> Reason | None:
    put_off = _put_off(at, "daily_cap")
    if put_off is None:
        return None
    day = f"{put_off.day:%a %d %b %Y}" if put_off.day else "the day"
    planned = f", and {put_off.planned} reserved for leads already in a sequence" if put_off.planned else ""
    sent_today = at.mailbox.sent_today if at.mailbox else None
    so_far = "" if sent_today is None else f" and has sent {sent_today} today"
    full_with = f"{put_off.taken} sent or due{planned}"
    detail = (
        f"the mailbox may send {put_off.cap} emails a day{so_far}; {day} is full ({full_with}):"
        f" {_leaves(at)}; raise its daily cap, or add a mailbox"
    )
    full = put_off.day.isoformat() if put_off.day else None
    return _limit(at, put_off, detail, day=full, sent_today=sent_today)


def hourly_cap(at: Situation) -> Reason | None:
    put_off = _put_off(at, "hourly_cap")
    if put_off is None:
        return None
    detail = f"the mailbox may send {put_off.cap} emails an hour, and this hour is full: {_leaves(at)}"
    return _limit(at, put_off, detail)


def minimum_gap(at: Situation) -> Reason | None:
    put_off = _put_off(at, "minimum_gap")
    if put_off is None:
        return None
    jitter = f" and up to {put_off.jitter_seconds} more" if put_off.jitter_seconds else ""
    between = f"the mailbox waits at least {put_off.seconds or 0} seconds{jitter} between two emails"
    return _limit(at, put_off, f"{between}: {_leaves(at)}")


def _put_off(at: Situation, cause: str) -> Deferral | None:
    return at.deferral if at.deferral and at.deferral.cause == cause and not at.is_held else None


def _limit(at: Situation, put_off: Deferral, detail: str, **more: Any) -> Reason:
    figures = put_off.model_dump(include={"cap", "taken", "planned", "seconds", "jitter_seconds"}, exclude_none=True)
    return Reason(put_off.cause, detail, {**_binds(at, at.due_at), **figures, **more}, until=at.due_at)


def _closed(at: Situation, cause: str) -> Reason | None:
    """The email was deferred for this cause, or would be if it became due now."""
    if at.is_held or at.status.ended:
        return None
    if at.deferral is not None:
        return _told(at, at.deferral, at.due_at) if at.deferral.cause == cause else None
    if at.email_due_at is None:
        return None
    told = at.hours.deferral(at.email_due_at)
    if told is None or told["cause"] != cause:
        return None
    return _told(at, Deferral.model_validate(told), _opens_at(at, at.email_due_at))


def _told(at: Situation, put_off: Deferral, until: datetime | None) -> Reason:
    hours, by_mailbox = at.hours, put_off.cause == "working_hours"
    asked = hours.working_hours if by_mailbox else hours.window
    what = "the mailbox's working hours" if by_mailbox else "the send window"
    if asked is not None:
        what += f" ({' '.join(filter(None, (asked.text, put_off.timezone)))})"
    if put_off.cause == "holiday":
        what += f", which is closed on a holiday ({' '.join(filter(None, (put_off.place, put_off.holiday)))})"
    when = f"nothing is sent before {at.local(until)}" if until else "they never open: add hours"
    fallback = f"; {hours.zone_fallback}" if hours.zone_fallback and not by_mailbox else ""
    binds = {
        **_binds(at, until),
        **put_off.model_dump(include={"timezone", "zone_unknown", "place", "holiday"}, exclude_none=True),
        "hours": asked.model_dump(mode="json", include={"days", "start", "end"}) if asked else None,
    }
    return Reason(put_off.cause, f"the email waits for {what}: {when}{fallback}", binds, until=until)


def _opens_at(at: Situation, moment: datetime) -> datetime | None:
    try:
        return at.hours.opens_at(moment)
    except WindowNeverOpens:
        return None


def _binds(at: Situation, until: datetime | None) -> dict[str, Any]:
    mailbox = {"mailbox_id": str(at.mailbox.id)} if at.mailbox else {}
    return {**at.step_binds(), **mailbox, "until": json_time(until), "until_local": at.local(until) or None}


def _leaves(at: Situation) -> str:
    return f"this one leaves {at.local(at.due_at)}" if at.due_at else "this one waits"
