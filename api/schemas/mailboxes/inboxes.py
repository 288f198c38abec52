"""A mailbox's inbox, as it is answered."""

from typing import Literal
from uuid import UUID

from api.schemas.common import Moment, Shape


class InboxFolder(Shape):
    """`error_code` and `error` say why it cannot be read at present."""

    folder: str
    read_at: Moment | None
    error_code: str | None
    error: str | None


class InboxFailureShown(Shape):
    """A message that was left out, to be looked at in the mailbox: its UID there, and the kind of error."""

    id: UUID
    folder: str
    uid: int
    error: str
    attempts: int
    created_at: Moment


class InboxShown(Shape):
    """`status`: `starting`, `watching`, or `failing` with the error of the first folder that fails. All that had
    arrived until `read_at` has been read. `given_up` messages could not be; `failures` are the newest of them."""

    status: Literal["starting", "watching", "failing"]
    read_at: Moment | None
    error_code: str | None
    error: str | None
    failing_since: Moment | None
    folders: list[InboxFolder]
    given_up: int
    failures: list[InboxFailureShown]
