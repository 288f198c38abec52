"""How often a step has been tried, and what comes after an attempt that failed.

Temporal counts every attempt. Those that an outage of Postgres cost are told apart in the activity's heartbeat
details, which one attempt leaves to the next: they use up none of the step's own (`STEP_ATTEMPTS`).
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from temporalio import activity
from temporalio.exceptions import ApplicationError

from db.outages import Outage, outage_of
from mail.redaction import redact
from mail.smtp.failures import SendWithdrawn
from workflows.contracts import OUTAGE_INTERVAL, STEP, STEP_ATTEMPTS

MAX_ERROR = 500
LONGEST_PAUSE = STEP.retry.maximum_interval or timedelta.max


@dataclass(frozen=True, slots=True)
class Attempts:
    number: int
    """Of this one, from 1."""
    lost: int
    """How many before it an outage has cost."""

    @classmethod
    def so_far(cls) -> Self:
        info = activity.info()
        return cls(info.attempt, int(info.heartbeat_details[0]) if info.heartbeat_details else 0)

    @property
    def own(self) -> int:
        return self.number - self.lost

    def refuse_too_many(self) -> None:
        """Those before it ended without a word: whatever ends the worker each time shall not do so for ever."""
        if self.own > STEP_ATTEMPTS:
            raise ApplicationError("every attempt ended without a word", type="WorkerLost", non_retryable=True)

    def failure(self, error: Exception) -> ApplicationError:
        """What Temporal keeps of an error: its type and a sentence, without addresses and without a stack."""
        kind = type(error).__name__
        return ApplicationError(
            redact(str(error))[:MAX_ERROR],
            type=kind,
            non_retryable=kind in (STEP.retry.non_retryable_error_types or ()) or self.own >= STEP_ATTEMPTS,
            # Temporal's own pause would be that of an attempt as late as this one.
            next_retry_delay=_pause(self.own, LONGEST_PAUSE) if self.lost else None,
        )

    def lost_to(self, outage: Outage) -> ApplicationError:
        """The same for an attempt that does not count."""
        activity.heartbeat(self.lost + 1)
        pause = _pause(self.lost + 1, OUTAGE_INTERVAL)
        return ApplicationError(outage.value, type="DatabaseUnavailable", next_retry_delay=pause)


def _pause(failures: int, longest: timedelta) -> timedelta:
    """1 s, 3 s, 9 s, ... after so many failures, as the policy has it."""
    return min(STEP.retry.initial_interval * STEP.retry.backoff_coefficient ** min(failures - 1, 20), longest)


def outage_behind(error: Exception) -> Outage | None:
    """The outage that an attempt failed for, if one did. At the final dot, where Postgres is asked by the transport,
    it comes wrapped; any other error's cause is its own affair (a mail server's refused connection)."""
    return outage_of(error.__cause__ if isinstance(error, SendWithdrawn) else error)
