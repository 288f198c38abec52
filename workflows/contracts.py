"""What the workflows ask of the activities: names, shapes, and how each is timed out and retried."""

from dataclasses import dataclass
from datetime import timedelta

from temporalio.common import RetryPolicy


def mailboxes_queue(task_queue: str) -> str:
    """Inboxes are watched for hours: on a task queue of their own they take no step's place."""
    return f"{task_queue}-mailboxes"


class ActivityNames:
    STEP_PERFORM = "step.perform"
    """`PerformInput -> Directive`: performs the step that is due, records it, says what comes next."""
    ENROLLMENT_RECORD = "enrollment.record"
    """`RecordInput -> Directive`: writes to Postgres what only the workflow knows yet."""
    QUEUE_PROCESS = "queue.process"
    """`-> QueueCounts`: one pass over every tenant's outbox and overdue enrollments."""
    ANALYTICS_REFRESH = "analytics.refresh"
    """`-> bool`: counts every sequence anew; False when that is under way already."""
    WINNERS_DECIDE = "winners.decide"
    """`-> int`: how many email steps have found the winner among their variants."""
    LOG_MAINTAIN = "log.maintain"
    """`-> LogMaintained`: makes the log's months ahead and drops those that are past the retention."""

    MAILBOX_WATCH = "mailbox.watch"
    """`MailboxInput -> WatchEnded`: reads an inbox and waits for what arrives in it, for an hour."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Timeouts of one attempt, and the retries."""

    start_to_close: timedelta
    retry: RetryPolicy
    heartbeat: timedelta | None = None


# Ten attempts over about two hours (1 s, 3 s, 9 s, ... at most 1 h): longer than a mail server's restart, short
# enough that a person hears of a lasting fault the same day, as a failed enrollment that `resume` tries again. The
# worker counts them (activities/attempts.py), not Temporal: attempts during an outage of Postgres do not count. The
# worker also decides which errors end the step at once, by `DomainError.retryable`: the policy names no error types.
STEP_ATTEMPTS = 10
STEP = Policy(
    start_to_close=timedelta(minutes=5),
    # A worker that was killed is noticed after this long. A step takes milliseconds, so that no heartbeat (each is a
    # call, and on Temporal Cloud an action) is sent but by one that hangs on a slow server.
    heartbeat=timedelta(seconds=15),
    retry=RetryPolicy(
        initial_interval=timedelta(seconds=1),
        backoff_coefficient=3.0,
        maximum_interval=timedelta(hours=1),
    ),
)
# While Postgres is away a step is tried again after 1 s, 3 s, 9 s, ... and at most so long, for as long as it takes.
OUTAGE_INTERVAL = timedelta(minutes=1)

# Writing down what is already true must succeed in the end, however long Postgres is away.
RECORD = Policy(
    start_to_close=timedelta(seconds=30),
    retry=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=5)),
)

# The next pass comes within a minute anyway.
QUEUE = Policy(
    start_to_close=timedelta(minutes=5),
    # No pass begins before the last one is over: one whose worker was killed must not hold them all up.
    heartbeat=timedelta(seconds=15),
    retry=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_attempts=3),
)

# Over millions of rows; what is not refreshed now is at the next interval.
MAINTENANCE = Policy(
    start_to_close=timedelta(minutes=10),
    retry=RetryPolicy(initial_interval=timedelta(seconds=10), maximum_attempts=3),
)

# An hour's watch, and then again: on a worker that has room, and with a history that stays short. A worker that was
# killed is noticed by its silence, and another one takes the inbox over.
WATCH_TIME = timedelta(hours=1)
WATCH = Policy(
    start_to_close=WATCH_TIME + timedelta(minutes=5),
    heartbeat=timedelta(seconds=30),
    retry=RetryPolicy(
        initial_interval=timedelta(seconds=1), backoff_coefficient=2.0, maximum_interval=timedelta(minutes=1)
    ),
)
