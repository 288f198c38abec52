"""Base classes and types that the request and response shapes share."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, JsonValue, PlainSerializer, StringConstraints

from domain.text import one_line
from services.paging import Page

T = TypeVar("T")
R = TypeVar("R")


class Body(BaseModel):
    """A request body. Unknown fields are refused by name, so that a misspelt field is not ignored."""

    model_config = ConfigDict(extra="forbid")


class Shape(BaseModel):
    """A response, read from the attributes of what a service returned."""

    model_config = ConfigDict(from_attributes=True)


class Listed(BaseModel, Generic[T]):
    """A page of a list. `next_cursor` is null on the last page."""

    items: list[T]
    next_cursor: str | None = None


def listed(page: Page[R], shape: Callable[[R], T]) -> Listed[T]:
    return Listed[T](items=[shape(item) for item in page.items], next_cursor=page.next_cursor)


def all_listed(rows: Sequence[R], shape: Callable[[R], T]) -> Listed[T]:
    return Listed[T](items=[shape(row) for row in rows])


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


Moment = Annotated[datetime, PlainSerializer(_rfc3339, return_type=str, when_used="json")]
"""RFC 3339 in UTC, with a Z."""

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(one_line)]
ShortText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
LongText = Annotated[str, StringConstraints(max_length=5000)]
JsonObject = dict[str, Any]
Example = dict[str, JsonValue]
