"""What a leaf of a condition is. A new one subclasses `Condition` or `EventCondition`, in a file of this folder."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from domain.sequences.conditions.engagement import Engagement, EngagementEvent


@dataclass(frozen=True, slots=True)
class Scope:
    """Which events count: those about this step (its ID), up to `within_days` after its email was sent, and with
    `include_machine` also those that a machine caused."""

    step_id: str | None = None
    within_days: float | None = None
    include_machine: bool = False

    def holds(self, event: EngagementEvent, engagement: Engagement) -> bool:
        if event.machine and not self.include_machine:
            return False
        if self.step_id is not None and event.step_id != self.step_id:
            return False
        if self.within_days is None:
            return True
        counted_from = engagement.sent_at.get(event.step_id or "", engagement.enrolled_at)
        return event.occurred_at <= counted_from + timedelta(days=self.within_days)


class Condition(ABC):
    """`name` is what an author writes. With `negatable`, `not_<name>` is the opposite."""

    name: ClassVar[str]
    negatable: ClassVar[bool] = False
    by_machines: ClassVar[bool] = False
    """Whether machines cause such events, too. Authors can then count those by `include_machine`."""

    def __init_subclass__(cls) -> None:
        if "name" in cls.__dict__:
            CONDITIONS[cls.name] = cls()

    @abstractmethod
    def holds(self, engagement: Engagement, scope: Scope) -> bool:
        """Whether the condition holds for this lead now."""


class EventCondition(Condition):
    """Holds when an event of some kind has happened within the scope."""

    @abstractmethod
    def happened(self, event: EngagementEvent) -> bool:
        """Whether the event is of that kind."""

    def holds(self, engagement: Engagement, scope: Scope) -> bool:
        return any(self.happened(event) and scope.holds(event, engagement) for event in engagement.events)


CONDITIONS: dict[str, Condition] = {}


def leaf_names() -> list[str]:
    """Every name that an author may write, opposites included."""
    negated = [f"not_{name}" for name, condition in CONDITIONS.items() if condition.negatable]
    return sorted([*CONDITIONS, *negated])


def leaf_by_machines(name: str) -> bool:
    return CONDITIONS[name if name in CONDITIONS else name.removeprefix("not_")].by_machines


def leaf_holds(name: str, engagement: Engagement, scope: Scope) -> bool:
    if name in CONDITIONS:
        return CONDITIONS[name].holds(engagement, scope)
    return not CONDITIONS[name.removeprefix("not_")].holds(engagement, scope)


def scope_of(
    step: str | None, within_days: float | None, step_ids: Mapping[str, str], *, include_machine: bool = False
) -> Scope:
    """A scope with the step's ID. `step_ids` has the IDs by key; an unknown key matches no event."""
    return Scope(step_ids.get(step, "") if step else None, within_days, include_machine)
