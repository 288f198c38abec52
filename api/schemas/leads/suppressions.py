"""Request and response shapes of suppressions."""

from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, StringConstraints

from api.schemas.common import Body, Moment, Shape
from api.schemas.fields import FilledLine
from services.leads.suppressions import SuppressionKind


class SuppressionCreate(Body):
    """One address, or a domain with all its subdomains."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"kind": "domain", "value": "competitor.example", "reason": "competitor"}]},
    )

    kind: SuppressionKind
    value: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=320)]
    reason: FilledLine = "manual"


class SuppressionResponse(Shape):
    id: UUID
    kind: SuppressionKind
    value: str
    reason: str
    created_at: Moment


class RejectedEntryResponse(Shape):
    """`row` counts entries from 1. `value` is the text in the file."""

    row: int
    value: str
    code: str
    detail: str


class ListTakenResponse(Shape):
    """`known`: already suppressed, or twice in the file. `stopped`: enrollments that this import ended. `rejected`
    holds the first 10,000; its count includes all."""

    suppressed: int
    known: int
    stopped: int
    rejected_count: int
    rejected: list[RejectedEntryResponse]
