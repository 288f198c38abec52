"""A sequence: its settings, its steps in order, and the plan that a published version freezes."""

from datetime import timedelta
from functools import cached_property
from typing import Annotated, Any, Literal, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from domain.actions import ActionConfig
from domain.errors import FieldError
from domain.steps import STEP_CONFIGS, ConditionConfig, DelayConfig, EmailConfig, StepConfig, StepType


def known_zone(name: str) -> str:
    """The name of an IANA time zone as it is; raises ValueError for any other."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{name!r} is not an IANA time zone") from None
    return name


ZoneName = Annotated[str, AfterValidator(known_zone), Field(max_length=100)]
SequenceStatus = Literal["draft", "active", "paused", "archived"]


class SequenceSettings(BaseModel):
    """How a sequence treats its leads."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    timezone: ZoneName = "UTC"
    """The zone of times of day, for a lead whose own zone is not known."""
    reply_marks_qualified: bool = True
    """A reply sets the lead's status to `qualified`."""
    auto_reply_hold_days: int = Field(default=3, ge=0, le=365)
    """How long an out-of-office answer without a date holds the next step."""
    track_opens: bool = True
    """Adds a picture to HTML parts, whose loading is an open."""
    track_clicks: bool = True
    """Leads the links of HTML parts by way of this installation."""
    unknown_outcome: Literal["skip", "resend"] = "skip"
    """What to do with an email that may or may not have left (a crash at the final dot): go on without
    it, or send it again under the same Message-ID."""


class Step(BaseModel):
    """A step of a plan. `delay_seconds` is its own wait before it runs."""

    model_config = ConfigDict(frozen=True, ignored_types=(cached_property,))

    id: UUID
    key: str
    name: str = ""
    type: StepType
    delay_seconds: int = 0
    config: StepConfig

    @property
    def entry_delay(self) -> timedelta:
        """How long to wait before the step is performed: its own delay, and a delay step's duration."""
        own = timedelta(seconds=self.delay_seconds)
        return own + self.config.duration if isinstance(self.config, DelayConfig) else own

    @property
    def title(self) -> str:
        return self.name or self.key


class Plan(BaseModel):
    """What one version of a sequence says, immutable once published."""

    model_config = ConfigDict(frozen=True, ignored_types=(cached_property,))

    name: str
    settings: SequenceSettings
    steps: tuple[Step, ...]

    @cached_property
    def _index(self) -> dict[UUID, int]:
        return {step.id: index for index, step in enumerate(self.steps)}

    @cached_property
    def step_ids(self) -> dict[str, str]:
        """Step IDs by key."""
        return {step.key: str(step.id) for step in self.steps}

    @property
    def first(self) -> Step:
        return self.steps[0]

    def step(self, step_id: UUID) -> Step | None:
        index = self._index.get(step_id)
        return None if index is None else self.steps[index]

    def after(self, step: Step) -> Step | None:
        index = self._index[step.id] + 1
        return self.steps[index] if index < len(self.steps) else None

    def by_key(self, key: str) -> Step | None:
        step_id = self.step_ids.get(key)
        return self.step(UUID(step_id)) if step_id else None


_CONFIG_ADAPTERS: dict[StepType, TypeAdapter[Any]] = {
    step_type: TypeAdapter(model) for step_type, model in STEP_CONFIGS.items()
}


def read_config(
    step_type: StepType, raw: dict[str, Any], where: str = "config"
) -> tuple[StepConfig | None, list[FieldError]]:
    """The typed config of a step, or what is wrong with it, each error naming its field below `where`."""
    try:
        return cast("StepConfig", _CONFIG_ADAPTERS[step_type].validate_python(raw)), []
    except ValidationError as invalid:
        return None, [
            FieldError(
                field=".".join([where, *_path(error["loc"])]).replace(".[", "["),
                code=str(error["type"]),
                detail=str(error["msg"]).removeprefix("Value error, "),
            )
            for error in invalid.errors(include_url=False, include_context=False, include_input=False)
        ]


def _path(loc: tuple[int | str, ...]) -> list[str]:
    # A discriminated union puts its tag into the path; the author never wrote that.
    tags = {"update_status", "mark_qualified", "tag_lead"}
    return [f"[{part}]" if isinstance(part, int) else part for part in loc if part not in tags]


__all__ = [
    "ActionConfig",
    "ConditionConfig",
    "DelayConfig",
    "EmailConfig",
    "Plan",
    "SequenceSettings",
    "SequenceStatus",
    "Step",
    "read_config",
]
