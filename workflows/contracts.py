"""The contract between workflows and activities: names, shapes, timeouts and retries."""

from dataclasses import dataclass
from datetime import timedelta

from temporalio.common import RetryPolicy


def mailboxes_queue(task_queue: str) -> str:
    """Inboxes are watched for hours. They have their own task queue, so that they take no slots of steps."""
    return f"{task_queue}-mailboxes"


class ActivityNames:
    STEP_PERFORM = "step.perform"
    """`PerformInput -> Directive`: performs the step that is due, records it, and returns what comes next."""
    ENROLLMENT_RECORD = "enrollment.record"
    """`RecordInput -> Directive`: writes to Postgres what only the workflow knows."""
    QUEUE_PROCESS = "queue.process"
    """`-> QueueCounts`: one pass over every tenant's outbox and overdue enrollments."""
    ANALYTICS_REFRESH = "analytics.refresh"
    """`-> bool`: counts every sequence again; False if another worker is doing that."""
    WINNERS_DECIDE = "winners.decide"
    """`-> int`: decides winners among variants; returns for how many email steps."""
    LOG_MAINTAIN = "log.maintain"
    """`-> LogMaintained`: creates the log's partitions for coming months and drops those past the retention time."""

    MAILBOX_WATCH = "mailbox.watch"
    """`MailboxInput -> WatchEnded`: reads an inbox and waits for new mail in it, for an hour."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The timeouts of one attempt, and the retry policy."""

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
    # After this time without a heartbeat, Temporal gives the step of a killed worker to another one. A step takes
    # milliseconds, so heartbeats (each a call, and on Temporal Cloud a billed action) are sent only while it waits for
    # a slow server.
    heartbeat=timedelta(seconds=15),
    retry=RetryPolicy(
        initial_interval=timedelta(seconds=1),
        backoff_coefficient=3.0,
        maximum_interval=timedelta(hours=1),
    ),
)
# While Postgres is down, a step is retried after 1 s, 3 s, 9 s, ... and at most this long, until Postgres is back.
OUTAGE_INTERVAL = timedelta(minutes=1)

# What already happened must be recorded in the end, however long Postgres is down.
RECORD = Policy(
    start_to_close=timedelta(seconds=30),
    retry=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=5)),
)

# The next pass comes within a minute anyway.
QUEUE = Policy(
    start_to_close=timedelta(minutes=5),
    # No pass starts before the last one has ended: a pass of a killed worker must not block the others for long.
    heartbeat=timedelta(seconds=15),
    retry=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_attempts=3),
)

# It handles millions of rows. What is not refreshed now is refreshed at the next interval.
MAINTENANCE = Policy(
    start_to_close=timedelta(minutes=10),
    retry=RetryPolicy(initial_interval=timedelta(seconds=10), maximum_attempts=3),
)

# The watch is restarted every hour, so that it can move to a worker with room and its history stays short. Without
# heartbeats from a killed worker, another one takes the inbox over.
WATCH_TIME = timedelta(hours=1)
WATCH = Policy(
    start_to_close=WATCH_TIME + timedelta(minutes=5),
    heartbeat=timedelta(seconds=30),
    retry=RetryPolicy(
        initial_interval=timedelta(seconds=1), backoff_coefficient=2.0, maximum_interval=timedelta(minutes=1)
    ),
)
