from typing import Literal
from uuid import UUID

from domain.sequences.steps.action import ActionConfig


class AssignToUserConfig(ActionConfig):
    """Makes a user the owner of the lead."""

    action: Literal["assign_to_user"]
    user_id: UUID
