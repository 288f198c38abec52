"""Which events webhook endpoints may ask for, and when a delivery that failed is tried again."""

from datetime import timedelta
from typing import Literal, get_args

EventType = Literal[
    "enrollment.started",
    "enrollment.paused",
    "enrollment.resumed",
    "enrollment.replied",
    "enrollment.completed",
    "enrollment.stopped",
    "enrollment.failed",
    "email.sent",
    "email.opened",
    "email.clicked",
    "lead.bounced",
    "lead.unsubscribed",
    "lead.complained",
    "notification.created",
]
EVENT_TYPES: tuple[EventType, ...] = get_args(EventType)
"""Written by the triggers of `db/sql/triggers.sql`, in the transaction of the fact."""

TEST_EVENT = "webhook.test"

_PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=7),
    timedelta(hours=9),
)
"""Close together while a receiver restarts, far apart while it is being mended: about a day in all."""


def retry_after(attempts: int, jitter: float) -> timedelta | None:
    """How long to wait after the attempt with this number (from 1); None when it was the last.

    `jitter` from 0 to 1 spreads what failed together over a fifth more.
    """
    return _PAUSES[attempts - 1] * (1 + jitter / 5) if attempts <= len(_PAUSES) else None
