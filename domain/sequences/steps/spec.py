"""A step as its author writes it, before its config is read."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, GetJsonSchemaHandler, StringConstraints
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from domain.sequences.steps.config import STEP_TYPES

MAX_DELAY_DAYS = 3650

StepKey = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$")]


def _known_type(name: str) -> str:
    if name not in STEP_TYPES:
        raise ValueError(f"unknown step type {name!r}; known are {', '.join(sorted(STEP_TYPES))}")
    return name


class _Listed:
    """The JSON schema lists the types that are registered when the schema is made."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(core), "enum": sorted(STEP_TYPES)}


StepType = Annotated[str, AfterValidator(_known_type), _Listed]


class StepText(BaseModel):
    """`delay_*` is the step's own wait before it runs; the others are as `domain.sequences.sequence.Step` has them."""

    model_config = ConfigDict(extra="forbid")

    key: StepKey
    name: str = Field(default="", max_length=200)
    type: StepType
    delay_days: int = Field(default=0, ge=0, le=MAX_DELAY_DAYS)
    delay_hours: int = Field(default=0, ge=0, le=24 * 365)
    delay_minutes: int = Field(default=0, ge=0, le=60 * 24 * 365)
    config: dict[str, Any] = Field(default_factory=dict)
    metadata: dict[str, Any] = Field(default_factory=dict)


class StepSpec(StepText):
    """A step with its place; one without follows the step written before it."""

    position: int | None = Field(default=None, ge=1, le=1000)
