"""Request and response shapes of API keys."""

from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from api.schemas.common import Body, Moment, Shape
from api.schemas.fields import FilledLine
from db.models import ApiKey
from services.access.api_keys import NewKey, Scope


class ApiKeyCreate(Body):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "CRM import", "scopes": ["read", "write"]}]}
    )

    name: FilledLine
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=3)]


class ApiKeyResponse(Shape):
    """`last_used_at` is accurate to the minute."""

    id: UUID
    name: str
    prefix: str
    scopes: list[Scope]
    created_at: Moment
    last_used_at: Moment | None
    revoked_at: Moment | None


class ApiKeyCreated(ApiKeyResponse):
    """`key` is shown only in this answer. It is not stored."""

    key: str

    @classmethod
    def of(cls, created: NewKey) -> "ApiKeyCreated":
        row: ApiKey = created.row
        return cls(**ApiKeyResponse.model_validate(row).model_dump(), key=created.key)
