"""What a newly published version means for a lead in an older version. Pure.

A lead whose step still exists keeps its place. If the wait of that step has changed, the new wait is counted from the
beginning of the old one. A lead whose step was removed moves to the next step of the old order that still exists, or
has completed if there is none. A lead whose email waits for the send window to open waits for the new window instead,
if the window has changed.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.engine.walk import End, Wait, enter
from domain.mailboxes.sending_hours import SendingHours
from domain.sequences.sequence import Plan, Step


class VersionChange(StrEnum):
    """What the new version changes for a lead."""

    UNCHANGED = "unchanged"
    WAIT_LESS = "wait_less"
    WAIT_MORE = "wait_more"
    MOVED = "moved"
    """Its step was removed."""
    COMPLETED = "completed"
    """Its step was removed, and so were all steps after it."""


@dataclass(frozen=True, slots=True)
class PlaceInVersion:
    """The place of a lead in the older version. Times are UTC, on the enrollment's own clock."""

    step_id: UUID
    entered_at: datetime
    due_at: datetime | None
    """None while its mailbox is on hold: the lead waits until the mailbox is released."""
    hold_until: datetime | None
    paused_at: datetime | None
    zone: str
    now: datetime
    put_off_by: str | None = None
    """Why a due email is not sent yet (`lead_sequence_state.deferral`)."""


@dataclass(frozen=True, slots=True)
class Relocated:
    """The lead's place in the new version. `step` is None for a lead that has completed."""

    change: VersionChange
    step: Step | None
    due_at: datetime | None
    entered_at: datetime | None = None
    """None if the wait that has begun continues."""


def relocate(old: Plan, new: Plan, standing: PlaceInVersion) -> Relocated:
    """Returns the place of a lead of the version `old` after it has moved to `new`."""
    step = new.step(standing.step_id)
    if step is None:
        return _moved(old, new, standing)
    before = old.step(standing.step_id)
    if standing.due_at is None:
        return Relocated(VersionChange.UNCHANGED, step, None)
    due_at = _due_at(step, new, standing)
    if standing.put_off_by in ("window", "holiday") and old.settings.send_window != new.settings.send_window:
        return _at_new_window(step, new, standing, standing.due_at)
    # A step that is due (its event has happened, or it is being performed) is not delayed again.
    if standing.due_at <= standing.now or (before and _due_at(before, old, standing) == due_at):
        return Relocated(VersionChange.UNCHANGED, step, standing.due_at)
    return _waits(step, max(due_at, standing.hold_until or due_at), standing.due_at)


def _at_new_window(step: Step, new: Plan, standing: PlaceInVersion, before: datetime) -> Relocated:
    """Returns when the new window opens, which is when the lead tries to send again.

    The mailbox's working hours and limits are not known here. They are checked at that time.
    """
    hours = SendingHours(new.settings.send_window, None, new.zones(standing.zone))
    opens_at = hours.opens_at(max(standing.now, standing.hold_until or standing.now))
    return _waits(step, opens_at, before)


def _waits(step: Step, due_at: datetime, before: datetime) -> Relocated:
    if due_at == before:
        return Relocated(VersionChange.UNCHANGED, step, due_at)
    return Relocated(VersionChange.WAIT_LESS if due_at < before else VersionChange.WAIT_MORE, step, due_at)


def _due_at(step: Step, plan: Plan, standing: PlaceInVersion) -> datetime:
    return step.due_at(standing.entered_at, plan.zones(standing.zone))


def _moved(old: Plan, new: Plan, standing: PlaceInVersion) -> Relocated:
    # The clock of a paused lead stands still. Its new wait begins at the moment of the pause and continues at the
    # resume.
    now = standing.paused_at or standing.now
    match enter(_survivor(old, new, standing.step_id), now, new.zones(standing.zone)):
        case End():
            return Relocated(VersionChange.COMPLETED, None, None)
        case Wait(step, due_at):
            return Relocated(VersionChange.MOVED, step, max(due_at, standing.hold_until or due_at), now)


def _survivor(old: Plan, new: Plan, step_id: UUID) -> Step | None:
    """Returns the step itself, or the next one of the old order, that the new version still contains."""
    step = old.step(step_id)
    while step is not None:
        if survivor := new.step(step.id):
            return survivor
        step = old.after(step)
    return None
