"""What a type of step is: its config, when it is due, and whether it waits, decides, or takes effect."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from domain.sequences.conditions import Engagement, RawTest
from domain.sequences.steps.outcome import Outcome
from domain.zones import Zones


@dataclass(frozen=True, slots=True)
class TemplateField:
    """A Liquid template in a step's config. `field` is its place in the config (`variants[0].subject`)."""

    field: str
    source: str
    html: bool = False


@dataclass(frozen=True, slots=True)
class Decided:
    """Where a step without an effect leads.

    `branch` is the name of the way out in the execution log (`on_event`); None for a step with only one way out.
    """

    outcome: Outcome
    branch: str | None = None
    heard: bool = False
    """An event led here. All events so far then count as used: no later step continues because of them."""


class StepConfig(BaseModel):
    """The config of a step, with the behaviour of its type. Pure. A new type subclasses it and sets `step_type`.

    `takes_effect`: the step has an effect outside the plan when it is due. The effect is in `services/engine/effects/`,
    under the same `step_type`. A step without an effect implements `decide`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    step_type: ClassVar[str]
    takes_effect: ClassVar[bool] = False
    needs_postal_address: ClassVar[bool] = False
    """The step sends email, which carries the tenant's postal address. A sequence with such a step is activated only
    when the tenant has one."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if "step_type" in cls.__dict__:
            STEP_TYPES[cls.step_type] = cls

    @classmethod
    def reader(cls, raw: Mapping[str, Any]) -> "type[StepConfig]":
        """Returns the class that reads this config: the class itself, unless the type has several (`action`).

        Raises ValueError with a sentence for the author of the step.
        """
        return cls

    @property
    def waits(self) -> bool:
        """Whether the step is always due later than the lead reaches it. Such a step breaks a cycle."""
        return False

    def due_at(self, entered_at: datetime, zones: Zones) -> datetime:
        """Returns when the step is due for a lead that reached it at `entered_at`. Both are UTC."""
        return entered_at

    @property
    def reckons_in_lead_zone(self) -> bool:
        """Whether `due_at` depends on the lead's time zone."""
        return False

    @property
    def listens_for(self) -> str | None:
        """The key of the event that makes the step due at once (`domain.inbound.events.event_key`)."""
        return None

    def decide(self, engagement: Engagement, step_ids: Mapping[str, str]) -> Decided | None:
        """Returns where the step leads once it is due; None for a step that takes effect. `step_ids` has the IDs by
        key."""
        return None

    def outcomes(self) -> Iterator[tuple[str, Outcome]]:
        """Every way out except the next step, each with its field in the config (`else`, `branches[0].then`)."""
        yield from ()

    def tests(self) -> Iterator[tuple[str, RawTest]]:
        """The conditions that the step evaluates, each with its field in the config."""
        yield from ()

    def templates(self) -> Iterator[TemplateField]:
        """The templates that are rendered for a lead."""
        yield from ()


STEP_TYPES: dict[str, type[StepConfig]] = {}
"""The config class of each type of step, by `step_type`. For `action` the base class, which is also the reader."""
