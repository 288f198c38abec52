"""Request and response shapes of users."""

from uuid import UUID

from pydantic import ConfigDict

from api.schemas.common import Body, Moment, Shape
from api.schemas.fields import EmailAddress, Line
from services.access.api_keys import Scope


class UserCreate(Body):
    """`role` is the scope of the user when signed in. As with API keys, a wider scope includes the narrower ones."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"email": "sam@cadenza.example", "name": "Sam", "role": "write"}]},
    )

    email: EmailAddress
    name: Line = ""
    role: Scope = "read"


class UserUpdate(Body):
    """Only the given fields change."""

    email: EmailAddress | None = None
    name: Line | None = None
    role: Scope | None = None

    def changes(self) -> dict[str, str]:
        return self.model_dump(exclude_none=True)


class UserResponse(Shape):
    """While `password_set_at` is null, the user cannot sign in."""

    id: UUID
    email: str
    name: str
    role: Scope
    password_set_at: Moment | None
    created_at: Moment
    updated_at: Moment


class InvitationResponse(Shape):
    """`url` is shown only in this answer. It can be used once, until `expires_at`."""

    url: str
    expires_at: Moment
