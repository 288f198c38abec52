"""Reading plans and steps' configs: through here, where every type of step is known.

The types with an effect enter the registry when `services.engine.steps` is imported; whoever read a plan without it
would find them unknown.
"""

from typing import Any

from domain.errors import FieldError
from domain.sequences.sequence import Plan
from domain.sequences.sequence import read_config as _read_config
from domain.sequences.steps import StepConfig
from services.engine import steps

__all__ = ["read_config", "read_plan", "steps"]


def read_plan(raw: dict[str, Any]) -> Plan:
    """The plan of a published version."""
    return Plan.model_validate(raw)


def read_config(
    step_type: str, raw: dict[str, Any], where: str = "config"
) -> tuple[StepConfig | None, list[FieldError]]:
    """The typed config of a step, or what is wrong with it, each error naming its field below `where`."""
    return _read_config(step_type, raw, where)
