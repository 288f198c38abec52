"""Pages of newest-first lists, served by the index (tenant_id, created_at DESC, id DESC)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute


class Newest(Protocol):
    """A row of such a list."""

    @property
    def id(self) -> Any: ...
    @property
    def created_at(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class After:
    """The last row of the previous page."""

    at: datetime
    id: UUID


S = TypeVar("S", bound=Select[Any])


def newest_page(
    statement: S,
    created_at: InstrumentedAttribute[datetime],
    row_id: InstrumentedAttribute[UUID],
    after: After | None,
    limit: int,
) -> S:
    """`limit + 1` rows after `after`. The extra row shows that there is another page."""
    if after is not None:
        statement = statement.where(tuple_(created_at, row_id) < (after.at, after.id))
    return statement.order_by(created_at.desc(), row_id.desc()).limit(limit + 1)
