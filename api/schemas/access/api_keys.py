"""API keys, as requests and answers."""

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
