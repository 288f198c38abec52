"""Statuses of an enrollment, why it may stop, and which moves between statuses are legal.

pending -> active <-> paused -> completed | stopped | failed
failed -> active (resume) | stopped
"""

from enum import StrEnum


class EnrollmentStatus(StrEnum):
    PENDING = "pending"
    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def ended(self) -> bool:
        """No further step will run. A failed enrollment has not ended: it waits to be resumed."""
        return self in (EnrollmentStatus.COMPLETED, EnrollmentStatus.STOPPED)


class StopReason(StrEnum):
    """The engine's own reasons; a `stop` outcome of a sequence may name any other text."""

    MANUAL = "manual"
    REPLIED = "replied"
    BOUNCED = "bounced"
    UNSUBSCRIBED = "unsubscribed"
    COMPLAINED = "complained"
    COMPANY_REPLIED = "company_replied"
    SUPPRESSED = "suppressed"
    SEQUENCE_ARCHIVED = "sequence_archived"
    MOVED_TO_CAMPAIGN = "moved_to_campaign"


class ResumeMode(StrEnum):
    """How a paused wait goes on: with what was left of it, or at its original time."""

    PRESERVE_REMAINING = "preserve_remaining"
    ORIGINAL_SCHEDULE = "original_schedule"


# Which statuses each command accepts. A command that finds its own result is a success that changes
# nothing (`pause` of a paused enrollment); anything else is a conflict that names the present state.
ACCEPTED_BY: dict[str, frozenset[EnrollmentStatus]] = {
    "pause": frozenset({EnrollmentStatus.PENDING, EnrollmentStatus.ACTIVE}),
    "resume": frozenset({EnrollmentStatus.PAUSED, EnrollmentStatus.FAILED}),
    "stop": frozenset(
        {
            EnrollmentStatus.PENDING,
            EnrollmentStatus.ACTIVE,
            EnrollmentStatus.PAUSED,
            EnrollmentStatus.FAILED,
        }
    ),
}
ALREADY_DONE: dict[str, frozenset[EnrollmentStatus]] = {
    "pause": frozenset({EnrollmentStatus.PAUSED}),
    "resume": frozenset({EnrollmentStatus.PENDING, EnrollmentStatus.ACTIVE}),
    "stop": frozenset({EnrollmentStatus.STOPPED}),
}
