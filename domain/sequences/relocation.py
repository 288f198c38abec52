"""What a newly published version means for a lead that stands in an older one. Pure.

A lead whose step still exists keeps its place. If the step's wait has changed, the new wait is counted from the moment
at which the old one began. A lead whose step is gone moves to the next step of the old order that still exists, or has
completed when there is none. A lead whose email waits for the send window to open waits for the new window instead,
where that has changed.
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
    """Its step is gone."""
    COMPLETED = "completed"
    """Its step is gone, and so are all steps after it."""


@dataclass(frozen=True, slots=True)
class PlaceInVersion:
    """Where a lead stands in the older version. Times are UTC, by the enrollment's own clock."""

    step_id: UUID
    entered_at: datetime
    due_at: datetime | None
    """None while its mailbox is on hold: the lead waits until the mailbox is released."""
    hold_until: datetime | None
    paused_at: datetime | None
    zone: str
    now: datetime
    put_off_by: str | None = None
    """Why an email that is due is not sent yet (`lead_sequence_state.deferral`)."""


@dataclass(frozen=True, slots=True)
class Relocated:
    """Where the lead stands in the new version. `step` is None for one that has completed."""

    change: VersionChange
    step: Step | None
    due_at: datetime | None
    entered_at: datetime | None = None
    """None when the wait that had begun goes on."""


def relocate(old: Plan, new: Plan, standing: PlaceInVersion) -> Relocated:
    """Where a lead of the version `old` stands once it follows `new`."""
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
    """The lead tries to send again when the new window opens.

    The mailbox's working hours and limits are not known here. They are asked when the lead tries.
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
    # The clock of a paused lead stands still. Its new wait begins at the moment of the pause and goes on at the resume.
    now = standing.paused_at or standing.now
    match enter(_survivor(old, new, standing.step_id), now, new.zones(standing.zone)):
        case End():
            return Relocated(VersionChange.COMPLETED, None, None)
        case Wait(step, due_at):
            return Relocated(VersionChange.MOVED, step, max(due_at, standing.hold_until or due_at), now)


def _survivor(old: Plan, new: Plan, step_id: UUID) -> Step | None:
    """The step itself, or the next one of the old order, that the new version still has."""
    step = old.step(step_id)
    while step is not None:
        if survivor := new.step(step.id):
            return survivor
        step = old.after(step)
    return None
