"""The base classes of a leaf of a condition. A new leaf subclasses `Condition` or `EventCondition`, in a file here."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from domain.sequences.conditions.engagement import Engagement, EngagementEvent


@dataclass(frozen=True, slots=True)
class Scope:
    """Which events count: those of this step (its ID), up to `within_days` after its email was sent. With
    `include_machine` those caused by machines count, too."""

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
    """`name` is the word in a condition. With `negatable`, `not_<name>` is the opposite."""

    name: ClassVar[str]
    negatable: ClassVar[bool] = False
    by_machines: ClassVar[bool] = False
    """Whether machines cause such events, too. Authors can then count those with `include_machine`."""

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
        """Whether the event is of the kind that this condition counts."""

    def holds(self, engagement: Engagement, scope: Scope) -> bool:
        return any(self.happened(event) and scope.holds(event, engagement) for event in engagement.events)


CONDITIONS: dict[str, Condition] = {}


def leaf_names() -> list[str]:
    """Returns every name that an author may write, including the opposites."""
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
    """A scope that refers to the step's ID. `step_ids` has the IDs by key; an unknown key matches no event."""
    return Scope(step_ids.get(step, "") if step else None, within_days, include_machine)
