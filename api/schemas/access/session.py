"""Request and response shapes of sessions and signing in."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Discriminator, Field, Tag

from api.schemas.common import Body, Shape
from api.schemas.fields import EmailAddress
from services.access.api_keys import Scope
from services.access.passwords import MAX_LENGTH, MIN_LENGTH

Token = Annotated[str, Field(min_length=1, max_length=200, repr=False)]


class KeySignIn(Body):
    api_key: Token


class PasswordSignIn(Body):
    """`tenant_id` is needed if several tenants have a user with this address and password."""

    email: EmailAddress
    password: Annotated[str, Field(min_length=1, max_length=MAX_LENGTH, repr=False)]
    tenant_id: UUID | None = None


def _kind(given: Any) -> str:
    return "by key" if isinstance(given, dict) and "api_key" in given else "by password"


SignIn = Annotated[
    Annotated[KeySignIn, Tag("by key")] | Annotated[PasswordSignIn, Tag("by password")], Discriminator(_kind)
]
"""The presence of `api_key` decides which form is meant, so that an error names the fields of that form only."""


class InvitationAccept(Body):
    """`token` is the text after `#invitation=` in the link."""

    token: Token
    password: Annotated[
        str,
        Field(min_length=MIN_LENGTH, max_length=MAX_LENGTH, repr=False, description="The only rule is its length."),
    ]


class SessionUser(Shape):
    id: UUID
    email: str
    name: str


class SessionResponse(BaseModel):
    tenant_id: UUID
    tenant_name: str
    scopes: list[Scope]
    """The scopes of the API key or user that asks."""
    user: SessionUser | None
    """The user who is signed in; null for an API key."""
    api_key_id: UUID | None
    """The API key of the request, or with which the session began."""
    dev: bool
    """True if `/dev/*` is served."""
    temporal_ui_url: str | None
