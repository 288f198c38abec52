"""What an action does, and how it is found by the action's name."""

from abc import ABC
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from db.session import ReadSession, WriteSession
from domain.engine.contracts import Directive
from domain.errors import FieldError
from domain.sequences.steps.action import ActionConfig
from services.engine.tools import Tools
from services.engine.visit import Visit

Config = TypeVar("Config", bound=ActionConfig)


class ActionEffect(ABC, Generic[Config]):
    """What one action does. A new one subclasses it in this folder, sets `action`, and writes `changes` or `act`.

    `services/engine/effects/action.py` calls it: first `prepare`, then in one transaction the move of the enrollment
    and `changes` or `act`.
    """

    action: ClassVar[str]
    """The action's name, which its config has as well."""
    wakes_outbox: ClassVar[bool] = False
    """Whether `act` may write to the outbox."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def __init_subclass__(cls) -> None:
        if "action" in cls.__dict__:
            ACTION_EFFECTS[cls.action] = cls

    async def missing(self, session: ReadSession) -> Sequence[FieldError]:
        """What the config refers to and the database does not have: one error per field. Asked at activation."""
        return ()

    async def prepare(self, visit: Visit, tools: Tools) -> Directive | None:
        """What must happen outside the database before the action is recorded. Repeated until it succeeds.

        A directive as the answer means that somebody has moved the enrollment meanwhile: nothing more is done.
        """
        return None

    def changes(self) -> dict[str, Any] | None:
        """What the action changes about the lead, in the form of the SQL function `change_lead`.

        For an action that does nothing else: change, record and move are then one round trip. None: `act` is called.
        """
        return None

    async def act(self, session: WriteSession, visit: Visit) -> Mapping[str, Any] | None:
        """Do it, in the transaction that moves the enrollment on. The answer is added to the execution log."""
        raise NotImplementedError(f"the action {self.action!r} has neither `changes` nor `act`")


ACTION_EFFECTS: dict[str, type[ActionEffect[Any]]] = {}
"""The effect of each action, by the action's name."""


def action_effect_of(config: ActionConfig) -> ActionEffect[Any]:
    return ACTION_EFFECTS[config.action_name()](config)
