"""`condition`: decides at once which way a lead goes."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from pydantic import Field

from domain.sequences.conditions import Engagement, RawTest, evaluate, parse
from domain.sequences.steps.config import Decided, StepConfig
from domain.sequences.steps.outcome import CONTINUE, Branch, Outcome


class ConditionConfig(StepConfig):
    """The first branch whose test holds is taken; `else` when none does."""

    step_type: ClassVar[str] = "condition"

    branches: list[Branch] = Field(min_length=1, max_length=20)
    else_: Outcome = Field(default=CONTINUE, alias="else")

    def decide(self, engagement: Engagement, step_ids: Mapping[str, str]) -> Decided | None:
        for number, branch in enumerate(self.branches):
            if evaluate(parse(branch.if_), engagement, step_ids):
                return Decided(branch.then, f"branches[{number}]")
        return Decided(self.else_, "else")

    def outcomes(self) -> Iterator[tuple[str, Outcome]]:
        for number, branch in enumerate(self.branches):
            yield f"branches[{number}].then", branch.then
        yield "else", self.else_

    def tests(self) -> Iterator[tuple[str, RawTest]]:
        for number, branch in enumerate(self.branches):
            yield f"branches[{number}].if", branch.if_
