"""Request and response shapes of leads."""

from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field

from api.schemas.common import Body, Example, Moment, Shape
from api.schemas.fields import CustomFields, EmailAddress, FilledLine, Line, PersonName, Tags, TimeZone
from db.models import Lead
from domain.leads.lead import full_name

_ADA: Example = {
    "email": "ada@analytical.example",
    "first_name": "Ada",
    "last_name": "Lovelace",
    "company": "Analytical Engines",
    "timezone": "Europe/London",
    "tags": ["trial"],
    "custom": {"plan": "pro"},
}


class LeadCreate(Body):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_ADA]})

    email: EmailAddress
    first_name: PersonName = ""
    last_name: PersonName = ""
    company: Line = ""
    title: Line = ""
    phone: Line = ""
    timezone: TimeZone | None = None
    status: FilledLine = "new"
    owner_id: UUID | None = None
    tags: Tags = Field(default_factory=list[str])
    custom: CustomFields = Field(default_factory=dict[str, Any])

    def values(self) -> dict[str, Any]:
        return {**self.model_dump(), "timezone": self.timezone or ""}


class LeadUpdate(Body):
    """Only the given fields change. `tags` is replaced. `custom` is merged; a custom field given as null is removed.
    `owner_id` and `timezone` may be null."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"company": "Acme", "custom": {"plan": None}}]}
    )

    email: EmailAddress | None = None
    first_name: PersonName | None = None
    last_name: PersonName | None = None
    company: Line | None = None
    title: Line | None = None
    phone: Line | None = None
    timezone: TimeZone | None = None
    status: FilledLine | None = None
    owner_id: UUID | None = None
    tags: Tags | None = None
    custom: CustomFields | None = None

    def changes(self) -> dict[str, Any]:
        given = self.model_dump(exclude_unset=True)
        changes = {field: value for field, value in given.items() if value is not None}
        if "owner_id" in given:
            changes["owner_id"] = self.owner_id
        if "timezone" in given:
            changes["timezone"] = self.timezone or ""
        return changes


class LeadResponse(Shape):
    id: UUID
    email: str
    first_name: str
    last_name: str
    name: str
    company: str
    title: str
    phone: str
    timezone: str
    status: str
    owner_id: UUID | None
    tags: list[str]
    custom: dict[str, Any]
    created_at: Moment
    updated_at: Moment

    @classmethod
    def of(cls, lead: Lead) -> "LeadResponse":
        return cls(
            id=lead.id,
            email=lead.email,
            first_name=lead.first_name,
            last_name=lead.last_name,
            name=full_name(lead.first_name, lead.last_name),
            company=lead.company,
            title=lead.title,
            phone=lead.phone,
            timezone=lead.timezone,
            status=lead.status,
            owner_id=lead.owner_id,
            tags=lead.tags,
            custom=lead.custom,
            created_at=lead.created_at,
            updated_at=lead.updated_at,
        )


class LeadIds(Shape):
    """`more`: true if further leads match."""

    items: list[UUID]
    more: bool
