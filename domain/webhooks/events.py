"""The types of events that webhook endpoints can receive, and when a failed delivery is tried again."""

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
"""Events are queued by the triggers of `db/sql/triggers.sql`, in the transaction that changes the data."""

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
"""Short pauses at first, for a receiver that restarts; longer ones later, for one that is being repaired. The sum is
about a day."""


def retry_after(attempts: int, jitter: float) -> timedelta | None:
    """Returns the pause after the attempt with this number (from 1); None after the last attempt.

    `jitter` (0 to 1) adds up to a fifth, so that deliveries that failed together are not all repeated together.
    """
    return _PAUSES[attempts - 1] * (1 + jitter / 5) if attempts <= len(_PAUSES) else None
