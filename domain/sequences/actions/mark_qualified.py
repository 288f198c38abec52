from typing import Literal

from domain.sequences.steps.action import ActionConfig


class MarkQualifiedConfig(ActionConfig):
    """Sets the lead's status to `qualified`."""

    action: Literal["mark_qualified"]
