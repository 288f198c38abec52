"""What a check of a domain found."""

from dataclasses import dataclass, field
from typing import Any, Literal

Status = Literal["pass", "fail", "missing", "unresolved"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`unresolved`: DNS did not answer, so that nothing is known. `record` is what was found, `detail` a sentence for
    a person, `facts` the same for a program."""

    status: Status
    detail: str
    record: str | None = None
    facts: dict[str, Any] = field(default_factory=dict[str, Any])
