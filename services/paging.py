"""Cursor paging: a list is read in pages, each beginning after the last row of the one before.

A cursor names that row, so rows that are added in between neither shift nor repeat others.
"""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar, cast
from uuid import UUID

from db.queries.paging import After, Newest
from domain.errors import FieldError, Invalid
from domain.zones import is_tellable

T = TypeVar("T")
NewestRow = TypeVar("NewestRow", bound=Newest)


class InvalidCursor(Invalid):
    """A cursor that this list did not issue."""

    code = "invalid_cursor"
    title = "The cursor does not belong to this list"
    remedy = "Use `next_cursor` of the previous page as it is, with the same path."

    def __init__(self) -> None:
        detail = "use `next_cursor` of the page before as it is"
        super().__init__(detail, errors=[FieldError("cursor", self.code, detail)])


@dataclass(frozen=True, slots=True)
class PageRequest:
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    items: list[T]
    next_cursor: str | None


def encode_cursor(parts: Sequence[str | int]) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).rstrip(b"=").decode()


def decode_cursor(cursor: str, read: Callable[[list[Any]], T]) -> T:
    """The cursor's parts, read by `read`. Raises InvalidCursor when `read` cannot."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        parts = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if not isinstance(parts, list):
            raise InvalidCursor
        return read(cast("list[Any]", parts))
    except (binascii.Error, ValueError, TypeError, RecursionError, UnicodeError):
        raise InvalidCursor from None


def read_moment(written: Any) -> datetime:
    """A moment in a cursor. Raises InvalidCursor and ValueError for a moment that Postgres cannot store."""
    moment = datetime.fromisoformat(written)
    if moment.tzinfo is None or not is_tellable(moment):
        raise InvalidCursor
    return moment


def cut(rows: Sequence[T], limit: int, cursor_of: Callable[[T], Sequence[str | int]]) -> Page[T]:
    """A page from the `limit + 1` rows that were read: the extra row shows that there is a next page."""
    items = list(rows[:limit])
    more = len(rows) > limit
    return Page(items, encode_cursor(cursor_of(items[-1])) if more and items else None)


def after_of(page: PageRequest) -> After | None:
    """The row after which a newest-first list continues. Raises InvalidCursor."""
    return None if page.cursor is None else decode_cursor(page.cursor, _read_newest)


def newest_first(rows: Sequence[NewestRow], limit: int) -> Page[NewestRow]:
    return cut(rows, limit, lambda row: ["newest", row.created_at.isoformat(), str(row.id)])


def _read_newest(parts: list[Any]) -> After:
    name, at, row_id = parts
    if name != "newest":
        raise InvalidCursor
    return After(read_moment(at), UUID(str(row_id)))
