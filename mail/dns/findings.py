"""The result of a DNS check."""

from dataclasses import dataclass, field
from typing import Any, Literal

Status = Literal["pass", "fail", "missing", "unresolved"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`unresolved`: DNS did not answer, so nothing is known. `record` is the record that was found, `detail` explains
    the result to a person, `facts` contains it for a program."""

    status: Status
    detail: str
    record: str | None = None
    facts: dict[str, Any] = field(default_factory=dict[str, Any])
