"""Actions: what a sequence does besides writing. Each is one config model; `services/actions.py` performs them."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel, StringConstraints, model_validator

Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class _Action(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class UpdateStatus(_Action):
    """Sets the lead's status to any text."""

    action: Literal["update_status"]
    status: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class MarkQualified(_Action):
    """Sets the lead's status to `qualified`."""

    action: Literal["mark_qualified"]


class TagLead(_Action):
    """Adds and removes tags; adding one that is there, or removing one that is not, changes nothing."""

    action: Literal["tag_lead"]
    add: list[Tag] = Field(default_factory=list, max_length=50)
    remove: list[Tag] = Field(default_factory=list, max_length=50)

    @model_validator(mode="after")
    def _does_something(self) -> "TagLead":
        if not self.add and not self.remove:
            raise ValueError("`tag_lead` needs something to `add` or to `remove`")
        return self


Action = Annotated[UpdateStatus | MarkQualified | TagLead, Field(discriminator="action")]


class ActionConfig(RootModel[Action]):
    model_config = ConfigDict(frozen=True)
