"""Users, as requests and answers."""

from uuid import UUID

from pydantic import ConfigDict

from api.schemas.common import Body, Moment, Shape
from api.schemas.fields import EmailAddress, Line
from services.access.api_keys import Scope


class UserCreate(Body):
    """`role` is what the person may do when signed in: as with keys, a wider one holds the narrower."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"email": "sam@cadenza.example", "name": "Sam", "role": "write"}]},
    )

    email: EmailAddress
    name: Line = ""
    role: Scope = "read"


class UserUpdate(Body):
    """Only the fields given change."""

    email: EmailAddress | None = None
    name: Line | None = None
    role: Scope | None = None

    def changes(self) -> dict[str, str]:
        return self.model_dump(exclude_none=True)


class UserResponse(Shape):
    """Without a `password_set_at` the person cannot sign in yet."""

    id: UUID
    email: str
    name: str
    role: Scope
    password_set_at: Moment | None
    created_at: Moment
    updated_at: Moment


class InvitationResponse(Shape):
    """`url` is shown this once. It holds once, until `expires_at`."""

    url: str
    expires_at: Moment
