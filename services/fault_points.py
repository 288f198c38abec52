"""Named moments at which a process can be told to die: before and after every commit and every effect.

Development only (`CADENZA_FAULT_POINT`, cadenza/settings.py). `docs/survival.md` says what each leaves behind. After
dbos's `_debug_trigger.py`. While no point is set, passing one costs a call and a comparison.
"""

import os
import signal
from dataclasses import dataclass
from enum import StrEnum


class FaultPoint(StrEnum):
    """In the order in which an enrollment passes them."""

    BETWEEN_COMMIT_AND_DISPATCH = "between_commit_and_dispatch"
    """Postgres has the enrollment or the command, with its outbox row. Temporal has not been told."""
    BETWEEN_CLAIM_AND_DELIVERY = "between_claim_and_delivery"
    """A dispatcher holds the lease on outbox rows. Temporal has not been told."""
    BETWEEN_DISPATCH_AND_SETTLE = "between_dispatch_and_settle"
    """Temporal has been told. The outbox row still exists, leased."""
    BEFORE_RESERVE = "before_reserve"
    """Loaded, walked and rendered. Nothing is committed."""
    AFTER_RESERVE = "after_reserve"
    """The message is `reserved`, with its Message-ID. No server has seen it."""
    AT_FINAL_DOT = "at_final_dot"
    """`sending` is committed. The final dot is not written, so the message never arrives."""
    AFTER_250 = "after_250"
    """The server has accepted the message. Postgres says `sending`."""
    BEFORE_RELEASE = "before_release"
    """The server has rejected the message, or was lost before it was complete. Postgres does not know."""
    BETWEEN_REFUSAL_AND_BOUNCE = "between_refusal_and_bounce"
    """The message is `refused` because of its recipient. The bounce that ends the enrollment is not recorded."""
    BEFORE_RECORD = "before_record"
    """The outcome of the message, `sent` or `unknown`, is about to be recorded."""
    AFTER_RECORD = "after_record"
    """Recorded, and the enrollment has moved on. Temporal does not know that the step is done."""


@dataclass(slots=True)
class _Armed:
    point: FaultPoint | None = None
    remaining: int = 0


_armed = _Armed()


def parse(text: str) -> tuple[FaultPoint, int]:
    """Reads `after_250`, or `after_250:3`: the point, and the number of the pass at which to die. Raises ValueError."""
    name, _, times = text.partition(":")
    if times and not (times.isdecimal() and int(times) > 0):
        raise ValueError("after the colon is at which passing the process dies: 1, 2, ...")
    return FaultPoint(name), int(times or 1)


def arm(point: FaultPoint, times: int = 1) -> None:
    """This process dies when it passes the point for the `times`-th time."""
    _armed.point, _armed.remaining = point, times


def passing(point: FaultPoint) -> None:
    """The process is at this moment. Death is like a kill from outside: nothing is flushed, closed or rolled back."""
    if _armed.point is point:
        _armed.remaining -= 1
        if _armed.remaining <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
