"""Who is signed in, and to what; signing in."""

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
    """`tenant_id` is needed where the address and the password are right in several tenants."""

    email: EmailAddress
    password: Annotated[str, Field(min_length=1, max_length=MAX_LENGTH, repr=False)]
    tenant_id: UUID | None = None


def _kind(given: Any) -> str:
    return "by key" if isinstance(given, dict) and "api_key" in given else "by password"


SignIn = Annotated[
    Annotated[KeySignIn, Tag("by key")] | Annotated[PasswordSignIn, Tag("by password")], Discriminator(_kind)
]
"""Which of both is meant is seen by the key, so that a refusal names the fields of one."""


class InvitationAccept(Body):
    """`token` is what stands behind `#invitation=` in the link."""

    token: Token
    password: Annotated[
        str,
        Field(min_length=MIN_LENGTH, max_length=MAX_LENGTH, repr=False, description="Long is all that it needs to be."),
    ]


class SessionUser(Shape):
    id: UUID
    email: str
    name: str


class SessionResponse(BaseModel):
    tenant_id: UUID
    tenant_name: str
    scopes: list[Scope]
    """Of the key or the person that asks."""
    user: SessionUser | None
    """Who is signed in; null where it is a key."""
    api_key_id: UUID | None
    """The key of the request, or the one that the session began with."""
    dev: bool
    """Whether `/dev/*` is served."""
    temporal_ui_url: str | None
