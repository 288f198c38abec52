"""Mailboxes and API keys, as requests and answers."""

from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from api.schemas.common import Body, Moment, Shape
from api.schemas.fields import EmailAddress, FilledLine, Line
from db.models import ApiKey
from services.keys import NewKey, Scope
from services.mailboxes import MailboxStatus


class MailboxCreate(Body):
    """A `held` mailbox keeps back everything that would leave from it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"email": "sam@cadenza.example", "name": "Sam from Cadenza"}]},
    )

    email: EmailAddress
    name: Line = ""
    status: MailboxStatus = "active"


class MailboxUpdate(Body):
    """Only the fields given change."""

    email: EmailAddress | None = None
    name: Line | None = None
    status: MailboxStatus | None = None

    def changes(self) -> dict[str, str]:
        return self.model_dump(exclude_none=True)


class MailboxResponse(Shape):
    id: UUID
    email: str
    name: str
    status: MailboxStatus
    created_at: Moment
    updated_at: Moment


class ApiKeyCreate(Body):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "CRM import", "scopes": ["read", "write"]}]}
    )

    name: FilledLine
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=3)]


class ApiKeyResponse(Shape):
    """`last_used_at` is exact to the minute."""

    id: UUID
    name: str
    prefix: str
    scopes: list[Scope]
    created_at: Moment
    last_used_at: Moment | None
    revoked_at: Moment | None


class ApiKeyCreated(ApiKeyResponse):
    """`key` is shown this once and stored nowhere."""

    key: str

    @classmethod
    def of(cls, made: NewKey) -> "ApiKeyCreated":
        row: ApiKey = made.row
        return cls(**ApiKeyResponse.model_validate(row).model_dump(), key=made.key)
