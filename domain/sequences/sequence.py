"""A sequence: its settings, its steps in order, and the plan that a published version freezes."""

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
    """The zone of times of day, for a lead whose own zone is not known."""
    send_window: SendWindow | None = None
    """When emails may leave; without one at any hour."""
    mailbox_ids: tuple[UUID, ...] = Field(default=(), max_length=500)
    """The mailboxes that its leads may hear from, shared out by their weights; none named: every one there is."""
    versioning: Literal["follow_latest", "pin"] = "follow_latest"
    """Whether a lead on its way takes up what is published later, or ends on the version that it began with."""
    reply_marks_qualified: bool = True
    """A reply sets the lead's status to `qualified`."""
    on_company_reply: Literal["stop", "pause", "ignore"] = "ignore"
    """What becomes of a lead when a colleague of it replies (an address of the same domain, where not anybody may
    have one): its enrollment ends, is paused until somebody resumes it, or goes on. In a large company one's answer
    says nothing of the others, so that this is for whoever asks for it."""
    auto_reply_hold_days: int = Field(default=3, ge=0, le=365)
    """How long an out-of-office answer without a date holds the next step."""
    track_opens: bool = True
    """Adds a picture to HTML parts, whose loading is an open."""
    track_clicks: bool = True
    """Leads the links of HTML parts by way of this installation."""
    unknown_outcome: Literal["skip", "resend"] = "skip"
    """What to do with an email that may or may not have left (a crash at the final dot): go on without
    it, or send it again under the same Message-ID."""
    exclusive: bool = False
    """A lead of this sequence is in no other: it takes none that is live elsewhere, and nobody takes its leads."""
    allow_reenrollment: bool = True
    """Whether a lead that has been in this sequence may enter it again. Without it, once is for good."""
    reenroll_after_days: int = Field(default=0, ge=0, le=3650)
    """How long after its last enrollment in this sequence ended a lead may enter again; 0 is at once."""


class Step(BaseModel):
    """A step of a plan. `delay_seconds` is its own wait before it runs."""

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
        """Whether some time always passes before it is performed."""
        return self.delay_seconds > 0 or self.config.waits

    def due_at(self, entered_at: datetime, zones: Zones) -> datetime:
        """When it is performed for a lead that came to it at `entered_at`: after its own delay, then its type's."""
        return self.config.due_at(entered_at + timedelta(seconds=self.delay_seconds), zones)

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

    def leads_back(self, step: Step, target: Step) -> bool:
        """Whether going from one to the other is going back, as a loop does."""
        return self._index[target.id] <= self._index[step.id]

    def zones(self, lead_zone: str, mailbox_zone: str = "") -> Zones:
        """What due times of this plan are reckoned by, for a lead of that zone."""
        window = self.settings.send_window
        return Zones(lead_zone, self.settings.timezone, window.holidays if window else (), mailbox_zone)


def read_config(
    step_type: str, raw: dict[str, Any], where: str = "config"
) -> tuple[StepConfig | None, list[FieldError]]:
    """The typed config of a step, or what is wrong with it, each error naming its field below `where`."""
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
