"""A sequence: its settings, its steps in order, and the plan of a published version."""

from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny, ValidationError, ValidationInfo, field_validator

from domain.errors import FieldError
from domain.mailboxes.windows import SendWindow
from domain.sequences.steps import STEP_TYPES, StepConfig, StepType, Zones
from domain.zones import ZoneName

SequenceStatus = Literal["draft", "active", "paused", "archived"]


class SequenceSettings(BaseModel):
    """How a sequence treats its leads."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    timezone: ZoneName = "UTC"
    """The time zone for a lead whose own zone is not known."""
    send_window: SendWindow | None = None
    """When emails may be sent; None is at any hour."""
    mailbox_ids: tuple[UUID, ...] = Field(default=(), max_length=500)
    """The mailboxes that send to the leads, shared by their weights. Empty: all mailboxes of the tenant."""
    versioning: Literal["follow_latest", "pin"] = "follow_latest"
    """Whether a lead moves to later versions, or stays on the version with which it was enrolled."""
    reply_marks_qualified: bool = True
    """A reply sets the lead's status to `qualified`."""
    on_company_reply: Literal["stop", "pause", "ignore"] = "ignore"
    """What happens to a lead when a colleague replies: its enrollment ends, is paused until somebody resumes it, or
    goes on. A colleague has an address of the same domain, unless the domain is one where anybody can have an address.
    The default is to go on, since in a large company one person's answer says nothing about the others."""
    auto_reply_hold_days: int = Field(default=3, ge=0, le=365)
    """How long an out-of-office answer without a date of return delays the next step."""
    track_opens: bool = True
    """Adds a picture to HTML parts. Loading it is recorded as an open."""
    track_clicks: bool = True
    """Links of HTML parts go through this installation, which records the click."""
    unknown_outcome: Literal["skip", "resend"] = "skip"
    """What to do with an email that may or may not have been sent (a crash at the final dot): go on without it, or
    send it again under the same Message-ID."""
    exclusive: bool = False
    """A lead of this sequence is in no other sequence: it enrolls no lead that is live elsewhere, and no other sequence
    enrolls its leads."""
    allow_reenrollment: bool = True
    """Whether a lead that has been in this sequence may be enrolled in it again."""
    reenroll_after_days: int = Field(default=0, ge=0, le=3650)
    """How many days after the end of its last enrollment a lead may be enrolled again; 0 is at once."""


class Step(BaseModel):
    """A step of a plan. `delay_seconds` is the wait before the step, in addition to the one of its type."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    key: str
    name: str = ""
    type: StepType
    delay_seconds: int = 0
    config: SerializeAsAny[StepConfig]

    @field_validator("config", mode="before")
    @classmethod
    def _of_its_type(cls, raw: Any, info: ValidationInfo) -> Any:
        if isinstance(raw, StepConfig) or "type" not in info.data:
            return raw
        return STEP_TYPES[info.data["type"]].reader(raw).model_validate(raw)

    @property
    def waits(self) -> bool:
        """Whether the step is always performed later than the lead comes to it."""
        return self.delay_seconds > 0 or self.config.waits

    def due_at(self, entered_at: datetime, zones: Zones) -> datetime:
        """When the step is due for a lead that reached it at `entered_at`: its own delay first, then its type's."""
        return self.config.due_at(entered_at + timedelta(seconds=self.delay_seconds), zones)

    @property
    def title(self) -> str:
        return self.name or self.key


class Plan(BaseModel):
    """The content of one version of a sequence. It never changes once published."""

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

    def leads_back(self, step: Step, target: Step) -> bool:
        """Whether the way from `step` to `target` leads to an earlier step, or to the same one."""
        return self._index[target.id] <= self._index[step.id]

    def zones(self, lead_zone: str, mailbox_zone: str = "") -> Zones:
        """The time zones and holidays that due times of this plan depend on, for a lead in that zone."""
        window = self.settings.send_window
        return Zones(lead_zone, self.settings.timezone, window.holidays if window else (), mailbox_zone)


def read_config(
    step_type: str, raw: dict[str, Any], where: str = "config"
) -> tuple[StepConfig | None, list[FieldError]]:
    """The config of a step, or None and what is wrong with it. Each error names its field below `where`."""
    try:
        return STEP_TYPES[step_type].reader(raw).model_validate(raw), []
    except ValidationError as invalid:
        return None, [
            FieldError(
                field=".".join([where, *_path(error["loc"])]).replace(".[", "["),
                code=str(error["type"]),
                detail=str(error["msg"]).removeprefix("Value error, "),
            )
            for error in invalid.errors(include_url=False, include_context=False, include_input=False)
        ]
    except ValueError as unknown:
        return None, [FieldError(where, "unknown_action", str(unknown))]


def _path(loc: tuple[int | str, ...]) -> list[str]:
    return [f"[{part}]" if isinstance(part, int) else part for part in loc]
