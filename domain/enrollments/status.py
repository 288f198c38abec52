"""Statuses of an enrollment, the reasons for which it may stop, and the statuses in which each command is accepted.

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
        return self not in LIVE


class StopReason(StrEnum):
    """The reasons that the engine gives. A `stop` outcome of a sequence may have any other text."""

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
    """How a paused wait goes on: with the time that was left of it, or until its original due time."""

    PRESERVE_REMAINING = "preserve_remaining"
    ORIGINAL_SCHEDULE = "original_schedule"


MOVING = frozenset({EnrollmentStatus.PENDING, EnrollmentStatus.ACTIVE})
"""Steps are performed when they are due."""
LIVE = MOVING | {EnrollmentStatus.PAUSED, EnrollmentStatus.FAILED}
"""The enrollment has not ended. A lead is in one sequence at most once with such a status."""
HELD = LIVE - MOVING
"""Nothing is performed until somebody resumes the enrollment."""

ACCEPTED_BY: dict[str, frozenset[EnrollmentStatus]] = {"pause": MOVING, "resume": HELD, "stop": LIVE}
"""The statuses in which a command changes something.

A command whose result already holds (`pause` of a paused enrollment) succeeds and changes nothing: see `ALREADY_DONE`.
In any other status it is refused as a conflict that names the present status.
"""
ALREADY_DONE: dict[str, frozenset[EnrollmentStatus]] = {
    "pause": frozenset({EnrollmentStatus.PAUSED}),
    "resume": MOVING,
    "stop": frozenset({EnrollmentStatus.STOPPED}),
}
