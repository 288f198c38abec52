"""The types of a step and what each is configured with.

A new step type is a config model here, an entry in `STEP_CONFIGS`, and a handler in `services/steps`.
"""

import re
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from domain.actions import ActionConfig
from domain.conditions import RawTest

MAX_DELAY_DAYS = 3650

_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")

StepKey = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$")]


class Config(BaseModel):
    # A misspelt setting is an error with its name, never silently ignored.
    model_config = ConfigDict(extra="forbid", frozen=True)


class EmailConfig(Config):
    """Liquid templates. At least one body; a reply in thread may leave the subject to the thread."""

    subject: str = Field(default="", max_length=998)
    body_text: str = Field(default="", max_length=200_000)
    body_html: str = Field(default="", max_length=500_000)
    reply_in_thread: bool = False

    @field_validator("subject")
    @classmethod
    def _one_line(cls, subject: str) -> str:
        if _CONTROL.search(subject):
            raise ValueError("a subject is one line, without control characters")
        return subject

    @model_validator(mode="after")
    def _says_something(self) -> "EmailConfig":
        if not self.body_text.strip() and not self.body_html.strip():
            raise ValueError("an email needs `body_text` or `body_html`")
        if not self.subject.strip() and not self.reply_in_thread:
            raise ValueError("an email needs a `subject` unless it replies in thread")
        return self


class DelayConfig(Config):
    days: int = Field(default=0, ge=0, le=MAX_DELAY_DAYS)
    hours: int = Field(default=0, ge=0, le=24 * 365)
    minutes: int = Field(default=0, ge=0, le=60 * 24 * 365)

    @model_validator(mode="after")
    def _waits(self) -> "DelayConfig":
        if not self.duration:
            raise ValueError("a delay waits for at least a minute")
        return self

    @property
    def duration(self) -> timedelta:
        return timedelta(days=self.days, hours=self.hours, minutes=self.minutes)


class Outcome(Config):
    """Where a branch leads: to a step, to the end, or to the next step. Exactly one of the three."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    goto: str | None = Field(default=None, min_length=1, max_length=100)
    stop: Literal[True] | None = None
    reason: str | None = Field(default=None, min_length=1, max_length=100)
    continue_: Literal[True] | None = Field(default=None, alias="continue")

    @model_validator(mode="after")
    def _one_way(self) -> "Outcome":
        if sum(way is not None for way in (self.goto, self.stop, self.continue_)) != 1:
            raise ValueError('an outcome is {"goto": key}, {"stop": true, "reason": text} or {"continue": true}')
        if self.reason is not None and self.stop is None:
            raise ValueError("only a `stop` has a `reason`")
        return self


CONTINUE = Outcome.model_validate({"continue": True})


class Branch(Config):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    if_: RawTest = Field(alias="if")
    then: Outcome


class ConditionConfig(Config):
    """The first branch whose test holds decides; `else` decides when none does."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    branches: list[Branch] = Field(min_length=1, max_length=20)
    else_: Outcome = Field(default=CONTINUE, alias="else")


StepType = Literal["email", "delay", "condition", "action"]
StepConfig = EmailConfig | DelayConfig | ConditionConfig | ActionConfig
STEP_CONFIGS: dict[StepType, type[BaseModel]] = {
    "email": EmailConfig,
    "delay": DelayConfig,
    "condition": ConditionConfig,
    "action": ActionConfig,
}


class StepSpec(BaseModel):
    """A step as its author writes it. `delay_*` is the step's own wait before it runs."""

    model_config = ConfigDict(extra="forbid")

    key: StepKey
    name: str = Field(default="", max_length=200)
    type: StepType
    position: int | None = Field(default=None, ge=1, le=1000)
    delay_days: int = Field(default=0, ge=0, le=MAX_DELAY_DAYS)
    delay_hours: int = Field(default=0, ge=0, le=24 * 365)
    delay_minutes: int = Field(default=0, ge=0, le=60 * 24 * 365)
    config: dict[str, Any] = Field(default_factory=dict)
    metadata: dict[str, Any] = Field(default_factory=dict)
