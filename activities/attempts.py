"""Counts the attempts of a step, and decides how Temporal continues after one that failed.

Temporal counts every attempt. Attempts that failed because of a Postgres outage are counted separately, in the
activity's heartbeat details, which each attempt passes on to the next. They do not use up the step's own attempts
(`STEP_ATTEMPTS`).
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from temporalio import activity
from temporalio.exceptions import ApplicationError

from db.outages import Outage, outage_of
from mail.transport import SendWithdrawn, redact
from workflows.contracts import OUTAGE_INTERVAL, STEP, STEP_ATTEMPTS

MAX_ERROR = 500
LONGEST_PAUSE = STEP.retry.maximum_interval or timedelta.max


@dataclass(frozen=True, slots=True)
class Attempts:
    number: int
    """The number of this attempt, from 1."""
    lost: int
    """How many earlier attempts failed because of an outage."""

    @classmethod
    def so_far(cls) -> Self:
        info = activity.info()
        return cls(info.attempt, int(info.heartbeat_details[0]) if info.heartbeat_details else 0)

    @property
    def own(self) -> int:
        return self.number - self.lost

    def refuse_too_many(self) -> None:
        """Raises a final failure if all earlier attempts ended without a result: what crashes the worker each time must
        not be tried for ever."""
        if self.own > STEP_ATTEMPTS:
            raise ApplicationError("every attempt ended without a result", type="WorkerLost", non_retryable=True)

    def failure(self, error: Exception) -> ApplicationError:
        """Returns the failure that Temporal stores: a type and one sentence, without addresses and without a stack
        trace."""
        kind = type(error).__name__
        return ApplicationError(
            redact(str(error))[:MAX_ERROR],
            type=kind,
            non_retryable=kind in (STEP.retry.non_retryable_error_types or ()) or self.own >= STEP_ATTEMPTS,
            # Temporal would take the pause from the total number of attempts, outages included.
            next_retry_delay=_pause(self.own, LONGEST_PAUSE) if self.lost else None,
        )

    def lost_to(self, outage: Outage) -> ApplicationError:
        """Like `failure`, for an attempt that failed because of an outage and does not count."""
        activity.heartbeat(self.lost + 1)
        pause = _pause(self.lost + 1, OUTAGE_INTERVAL)
        return ApplicationError(outage.value, type="DatabaseUnavailable", next_retry_delay=pause)


def _pause(failures: int, longest: timedelta) -> timedelta:
    """Returns the pause after so many failures, by the retry policy: 1 s, 3 s, 9 s, ..."""
    return min(STEP.retry.initial_interval * STEP.retry.backoff_coefficient ** min(failures - 1, 20), longest)


def outage_behind(error: Exception) -> Outage | None:
    """Returns the outage that caused the error, if one did.

    If Postgres fails while the transport asks for the final permission to send, the error is wrapped in SendWithdrawn.
    The cause of any other error is unrelated to Postgres (such as a refused connection of a mail server)."""
    return outage_of(error.__cause__ if isinstance(error, SendWithdrawn) else error)
