from typing import Annotated, Literal

from pydantic import StringConstraints

from domain.sequences.steps.action import ActionConfig


class UpdateStatusConfig(ActionConfig):
    """Sets the lead's status to any text."""

    action: Literal["update_status"]
    status: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
