"""Users, as requests and answers."""

from uuid import UUID

from pydantic import ConfigDict

from api.schemas.common import Body, Moment, Shape
from api.schemas.fields import EmailAddress, Line


class UserCreate(Body):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"email": "sam@cadenza.example", "name": "Sam"}]}
    )

    email: EmailAddress
    name: Line = ""


class UserUpdate(Body):
    """Only the fields given change."""

    email: EmailAddress | None = None
    name: Line | None = None

    def changes(self) -> dict[str, str]:
        return self.model_dump(exclude_none=True)


class UserResponse(Shape):
    id: UUID
    email: str
    name: str
    created_at: Moment
    updated_at: Moment
