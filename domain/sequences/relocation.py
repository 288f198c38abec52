"""What a newly published version means for a lead that stands in an older one. Pure.

A lead whose step is still there keeps its place: where the step's wait has changed, it is reckoned anew from when it
began. A lead whose step is gone moves to the next one of the old order that survives, or has completed. One whose email
was put off by the send window asks anew when the new window opens, where that has changed.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.engine.walk import End, Wait, enter
from domain.mailboxes.sending_hours import SendingHours
from domain.sequences.sequence import Plan, Step


class Effect(StrEnum):
    """What a lead notices."""

    UNCHANGED = "unchanged"
    WAIT_LESS = "wait_less"
    WAIT_MORE = "wait_more"
    MOVED = "moved"
    """Its step is gone."""
    COMPLETED = "completed"
    """Its step is gone, and so is all that came after it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a lead stands. Times are UTC, on the enrollment's own clock."""

    step_id: UUID
    entered_at: datetime
    due_at: datetime | None
    """None where its mailbox is held: it waits until that is let go."""
    hold_until: datetime | None
    paused_at: datetime | None
    zone: str
    now: datetime
    put_off_by: str | None = None
    """Why an email that is due waits all the same (`lead_sequence_state.deferral`)."""


@dataclass(frozen=True, slots=True)
class Relocated:
    effect: Effect
    step: Step | None
    due_at: datetime | None
    entered_at: datetime | None = None
    """None where the wait goes on that had begun."""


def relocate(old: Plan, new: Plan, standing: Standing) -> Relocated:
    step = new.step(standing.step_id)
    if step is None:
        return _moved(old, new, standing)
    before = old.step(standing.step_id)
    if standing.due_at is None:
        return Relocated(Effect.UNCHANGED, step, None)
    due_at = _reckoned(step, new, standing)
    if standing.put_off_by in ("window", "holiday") and old.settings.send_window != new.settings.send_window:
        return _asks_anew(step, new, standing, standing.due_at)
    # What is due already (an event was heard, or it is being performed) is not put off.
    if standing.due_at <= standing.now or (before and _reckoned(before, old, standing) == due_at):
        return Relocated(Effect.UNCHANGED, step, standing.due_at)
    return _waits(step, max(due_at, standing.hold_until or due_at), standing.due_at)


def _asks_anew(step: Step, new: Plan, standing: Standing, until: datetime) -> Relocated:
    """The gate knows the mailbox; here the window alone says when it makes sense to ask it."""
    hours = SendingHours(new.settings.send_window, None, new.zones(standing.zone))
    opens_at = hours.opens_at(max(standing.now, standing.hold_until or standing.now))
    return _waits(step, opens_at, until)


def _waits(step: Step, due_at: datetime, before: datetime) -> Relocated:
    if due_at == before:
        return Relocated(Effect.UNCHANGED, step, due_at)
    return Relocated(Effect.WAIT_LESS if due_at < before else Effect.WAIT_MORE, step, due_at)


def _reckoned(step: Step, plan: Plan, standing: Standing) -> datetime:
    return step.due_at(standing.entered_at, plan.zones(standing.zone))


def _moved(old: Plan, new: Plan, standing: Standing) -> Relocated:
    # For one that is paused time stands still since then: its new wait begins when it is resumed.
    now = standing.paused_at or standing.now
    match enter(_survivor(old, new, standing.step_id), now, new.zones(standing.zone)):
        case End():
            return Relocated(Effect.COMPLETED, None, None)
        case Wait(step, due_at):
            return Relocated(Effect.MOVED, step, max(due_at, standing.hold_until or due_at), now)


def _survivor(old: Plan, new: Plan, step_id: UUID) -> Step | None:
    step = old.step(step_id)
    while step is not None:
        if survivor := new.step(step.id):
            return survivor
        step = old.after(step)
    return None
