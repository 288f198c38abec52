"""How often a step has been tried, and what follows an attempt that failed.

Temporal counts every attempt. Attempts that failed because Postgres was away are counted apart, in the activity's
heartbeat details, which one attempt leaves to the next. They use up none of the step's own (`STEP_ATTEMPTS`).
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from temporalio import activity
from temporalio.exceptions import ApplicationError

from db.outages import Outage, outage_of
from domain.failures import DatabaseUnavailable, Failure, WorkerLost
from mail.redaction import redact
from mail.smtp.failures import SendWithdrawn
from workflows.contracts import OUTAGE_INTERVAL, STEP, STEP_ATTEMPTS

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
        """Raises WorkerLost's failure if the worker ended during every attempt before this one."""
        if self.own > STEP_ATTEMPTS:
            raise application_error(WorkerLost("every attempt ended without an answer"), is_final=True)

    def failure(self, error: Exception) -> ApplicationError:
        """Final if another attempt cannot succeed, or if the step has no attempt left."""
        return application_error(
            error,
            is_final=not Failure.of(error).retryable or self.own >= STEP_ATTEMPTS,
            # Temporal's own pause would also count the attempts that were lost to an outage.
            next_retry_delay=_pause(self.own, LONGEST_PAUSE) if self.lost else None,
        )

    def lost_to(self, outage: Outage) -> ApplicationError:
        """Like `failure`, for an attempt that failed because of an outage and does not count."""
        activity.heartbeat(self.lost + 1)
        pause = _pause(self.lost + 1, OUTAGE_INTERVAL)
        return application_error(DatabaseUnavailable(outage.value), next_retry_delay=pause)


def application_error(
    error: Exception, *, is_final: bool = False, next_retry_delay: timedelta | None = None
) -> ApplicationError:
    """The error as Temporal keeps it: its code as the type, and a sentence without addresses and without a stack."""
    failure = Failure.of(error)
    return ApplicationError(
        redact(failure.text),
        type=failure.code,
        non_retryable=is_final,
        next_retry_delay=next_retry_delay,
    )


def _pause(failures: int, longest: timedelta) -> timedelta:
    """1 s, 3 s, 9 s, ... after so many failures, as the retry policy says."""
    return min(STEP.retry.initial_interval * STEP.retry.backoff_coefficient ** min(failures - 1, 20), longest)


def outage_behind(error: Exception) -> Outage | None:
    """The outage of Postgres that made the attempt fail, if one did.

    Just before a message leaves, the transport asks Postgres a last time: an outage then comes wrapped in
    SendWithdrawn. The cause of any other error is not looked at: it may be a mail server's refused connection.
    """
    return outage_of(error.__cause__ if isinstance(error, SendWithdrawn) else error)
