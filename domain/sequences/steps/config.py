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
    """A Liquid template in a step's config, at `field` below it."""

    field: str
    source: str
    html: bool = False


@dataclass(frozen=True, slots=True)
class Decided:
    """What a step that takes no effect leads to. `branch` is how the execution log names the way; a step that has
    only one has no name for it."""

    outcome: Outcome
    branch: str | None = None
    heard: bool = False
    """The events that led here are answered: no later step waits for them again."""


class StepConfig(BaseModel):
    """The config of a step, with the behaviour of its type. A new type subclasses it and sets `step_type`.

    `takes_effect`: the step does something to the world when it is due (see `services/engine/steps/effect.py`); the
    others answer `decide`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    step_type: ClassVar[str]
    takes_effect: ClassVar[bool] = False

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if "step_type" in cls.__dict__:
            STEP_TYPES[cls.step_type] = cls

    @classmethod
    def reader(cls, raw: Mapping[str, Any]) -> "type[StepConfig]":
        """The class that reads this config: this one, unless the type comes in several (`action`).

        Raises ValueError with a sentence for its author.
        """
        return cls

    @property
    def waits(self) -> bool:
        """Whether some time always passes before it is due: what breaks a cycle."""
        return False

    def due_at(self, entered_at: datetime, zones: Zones) -> datetime:
        """When it is due for a lead that came to it at `entered_at` (UTC, as is the answer)."""
        return entered_at

    @property
    def reckons_in_lead_zone(self) -> bool:
        """Whether it is due at another moment for a lead of another zone."""
        return False

    @property
    def listens_for(self) -> str | None:
        """The event that makes it due at once (see `domain.inbound.events.event_key`)."""
        return None

    def decide(self, engagement: Engagement, step_ids: Mapping[str, str]) -> Decided | None:
        """What it leads to once it is due; None for a step that takes effect."""
        return None

    def outcomes(self) -> Iterator[tuple[str, Outcome]]:
        """Its ways out other than to the next step, each with its field (`else`, `branches[0].then`)."""
        yield from ()

    def tests(self) -> Iterator[tuple[str, RawTest]]:
        """The conditions that it evaluates, each with its field."""
        yield from ()

    def templates(self) -> Iterator[TemplateField]:
        """The templates that are rendered for a lead."""
        yield from ()


STEP_TYPES: dict[str, type[StepConfig]] = {}
