"""The outcomes of a step: where each of its ways out leads."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from domain.sequences.conditions import RawTest


class _Part(BaseModel):
    # A misspelt field is an error that names it.
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Outcome(_Part):
    """Where a way out of a step leads: to a named step, to the end, or to the next step. Exactly one of the three is
    set."""

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


class Branch(_Part):
    """One branch of a condition: `then` is taken when `if` holds."""

    if_: RawTest = Field(alias="if")
    then: Outcome
