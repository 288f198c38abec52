"""What the execution log records about an enrollment."""

from enum import StrEnum


class LogEvent(StrEnum):
    """The `event` of a row of `sequence_execution_log`. `detail` has the facts that each member names.

    A CHECK constraint of the table lists the same values (migration 0025), the web app has a sentence for each
    (`sentences.ts`). A new event is a new member, a migration that replaces the constraint, and a sentence. An action
    of your own needs none: it is recorded as ACTION_PERFORMED, a step type of your own as STEP_PERFORMED.
    """

    ENROLLED = "enrolled"
    """The lead entered the sequence."""
    WAITING = "waiting"
    """The enrollment moved to a step that is due later. `until`: when."""
    BRANCH_DECIDED = "branch_decided"
    """A branch led to an outcome. `branch`, `outcome`."""
    EMAIL_SENT = "email_sent"
    """The mail server accepted a message. `message_id`, `subject`, and `variant` if the step has variants."""
    EMAIL_SKIPPED = "email_skipped"
    """A message was not sent again, because an earlier attempt may have sent it. Same detail as EMAIL_SENT."""
    EMAIL_OUTCOME_UNKNOWN = "email_outcome_unknown"
    """It is unknown whether a message was sent. `then`: `resend` or `skip`; `cause` is `restored` after a restore."""
    ACTION_OUTCOME_UNKNOWN = "action_outcome_unknown"
    """After a restore, it is unknown whether an action was performed, so it is performed again. `visit`, `gap`."""
    ACTION_PERFORMED = "action_performed"
    """An action took effect. `detail` is its configuration and what its `act` returned."""
    STEP_PERFORMED = "step_performed"
    """A step of an installation's own type took effect (docs/extending.md). `detail` is what the step returned."""
    DEFERRED = "deferred"
    """An email that was due is sent later. `cause`, `until`, and the facts behind the cause."""
    RELEASED = "released"
    """The mailbox can send again, so the enrollment continues."""
    HELD = "held"
    """The lead is out of office. `until`: when it is back."""
    HEARD = "heard"
    """The event that a `wait_for` step waited for has come. `event`."""
    PAUSED = "paused"
    """`by`: a person (`lead`), the sequence, or a reply from the same company (`company`)."""
    RESUMED = "resumed"
    """`mode`: how the wait continues."""
    STOPPED = "stopped"
    """The enrollment ended early. `reason`."""
    COMPLETED = "completed"
    """The enrollment went through the whole sequence."""
    FAILED = "failed"
    """A step failed and is not tried again. `error`: `code: text`."""
    PLAN_CHANGED = "plan_changed"
    """The enrollment moved to another version of its sequence. `version`."""
    RELABELLED = "relabelled"
    """Opens and clicks turned out to be a machine's. `rule`, `clicks`, `opens`, `moved`: whether they had an effect."""
