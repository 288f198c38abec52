from typing import Any, Literal

from pydantic import Field, model_validator

from domain.leads.lead import Tag
from services.engine.actions.action import Action


class TagLead(Action):
    """Adds and removes tags; adding one that is there, or removing one that is not, changes nothing."""

    action: Literal["tag_lead"]
    add: list[Tag] = Field(default_factory=list[Tag], max_length=50)
    remove: list[Tag] = Field(default_factory=list[Tag], max_length=50)

    @model_validator(mode="after")
    def _does_something(self) -> "TagLead":
        if not self.add and not self.remove:
            raise ValueError("`tag_lead` needs something to `add` or to `remove`")
        return self

    def changes(self) -> dict[str, Any]:
        return {"add": list(dict.fromkeys(self.add)), "remove": self.remove}
