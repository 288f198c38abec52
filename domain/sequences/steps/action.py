"""`action`: changes something other than the lead's inbox. Each action has a config of its own."""

from collections.abc import Mapping
from typing import Any, ClassVar, get_args

from domain.sequences.steps.config import StepConfig


class ActionConfig(StepConfig):
    """The config of an action. A new action subclasses it in `domain/sequences/actions/`.

    The subclass has a field `action`, a Literal with the action's name, by which it is registered.
    """

    step_type: ClassVar[str] = "action"
    takes_effect: ClassVar[bool] = True

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if "action" in cls.model_fields:
            ACTIONS[cls.action_name()] = cls

    @classmethod
    def action_name(cls) -> str:
        """The name by which authors and the registry call the action: the Literal of the field `action`."""
        return get_args(cls.model_fields["action"].annotation)[0]

    @classmethod
    def reader(cls, raw: Mapping[str, Any]) -> type[StepConfig]:
        name = raw.get("action")
        if not isinstance(name, str) or name not in ACTIONS:
            raise ValueError(f"unknown action {name!r}; known are {', '.join(sorted(ACTIONS))}")
        return ACTIONS[name]

    @property
    def ends_with(self) -> str | None:
        """The stop reason, for an action that ends its own enrollment; None for one after which the enrollment
        continues."""
        return None


ACTIONS: dict[str, type[ActionConfig]] = {}
"""The config of each action, by the action's name."""
