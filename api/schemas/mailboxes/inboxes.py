"""Response shapes of a mailbox's inbox."""

from typing import Literal
from uuid import UUID

from api.schemas.common import Moment, Shape


class InboxFolder(Shape):
    """`error_code` and `error` say why the folder cannot be read at present."""

    folder: str
    read_at: Moment | None
    error_code: str | None
    error: str | None


class InboxFailureShown(Shape):
    """A message that was skipped after several attempts. `uid` is its UID in the folder; `error` is the kind of
    error."""

    id: UUID
    folder: str
    uid: int
    error: str
    attempts: int
    created_at: Moment


class InboxShown(Shape):
    """`status`: `starting`, `watching`, or `failing` with the error of the first failing folder. All mail that arrived
    before `read_at` has been read, except `given_up` messages that could not be. `failures` are the newest of those."""

    status: Literal["starting", "watching", "failing"]
    read_at: Moment | None
    error_code: str | None
    error: str | None
    failing_since: Moment | None
    folders: list[InboxFolder]
    given_up: int
    failures: list[InboxFailureShown]
