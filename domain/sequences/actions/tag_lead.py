from typing import Literal

from pydantic import Field, model_validator

from domain.leads.lead import Tag
from domain.sequences.steps.action import ActionConfig


class TagLeadConfig(ActionConfig):
    """Adds and removes tags. Adding a tag that the lead already has, or removing one that it does not have, changes
    nothing."""

    action: Literal["tag_lead"]
    add: list[Tag] = Field(default_factory=list[Tag], max_length=50)
    remove: list[Tag] = Field(default_factory=list[Tag], max_length=50)

    @model_validator(mode="after")
    def _does_something(self) -> "TagLeadConfig":
        if not self.add and not self.remove:
            raise ValueError("`tag_lead` needs something to `add` or to `remove`")
        return self
