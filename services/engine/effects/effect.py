"""What a step does to the world when it is due, and how it is found by the step's config."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Generic, TypeVar

from db.session import ReadSession
from domain.engine.contracts import Directive
from domain.errors import FieldError
from domain.sequences.steps import StepConfig
from services.engine.tools import Tools
from services.engine.visit import Visit

Config = TypeVar("Config", bound=StepConfig)


class Effect(ABC, Generic[Config]):
    """The effect of one step. A new one subclasses it in this folder and sets `step_type`, which its config has too."""

    step_type: ClassVar[str]

    def __init__(self, config: Config) -> None:
        self.config = config

    def __init_subclass__(cls) -> None:
        if "step_type" in cls.__dict__:
            EFFECTS[cls.step_type] = cls

    async def missing(self, session: ReadSession) -> Sequence[FieldError]:
        """What the config refers to and the database does not have: one error per field of the config.

        Asked when a sequence is activated or published.
        """
        return ()

    @abstractmethod
    async def perform(self, visit: Visit, tools: Tools) -> Directive:
        """Do what the step is for, record it together with the next place in one transaction, and say what is next.

        It is called again after a crash at any point, and must then find what an earlier attempt has done.
        """


EFFECTS: dict[str, type[Effect[Any]]] = {}
"""The effect of each type of step, by `step_type`."""


def effect_of(config: StepConfig) -> Effect[Any]:
    """The effect of a step whose type takes effect. Raises KeyError for a type that has none."""
    return EFFECTS[config.step_type](config)
