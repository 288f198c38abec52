"""Request and response shapes of tenants."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, StringConstraints

from api.schemas.common import Body, Moment, Name, Shape
from domain.access.tenant_policy import TenantSettings
from services.access.tenants import NewTenant

PostalAddress = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)]


class TenantCreate(Body):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "Acme", "postal_address": "1 Main Street, Springfield"}]},
    )

    name: Name
    postal_address: PostalAddress = ""
    settings: TenantSettings = TenantSettings()

    def values(self) -> dict[str, Any]:
        return self.model_dump()


class TenantUpdate(Body):
    """Only the given fields change; `settings` is replaced as a whole."""

    name: Name | None = None
    postal_address: PostalAddress | None = None
    settings: TenantSettings | None = None

    def changes(self) -> dict[str, Any]:
        given = {name: value for name, value in self if value is not None}
        if self.settings is not None:
            given["settings"] = self.settings.model_dump(mode="json")
        return given


class TenantResponse(Shape):
    """`webhook_secret` signs what the `webhook` actions of sequences send (Standard Webhooks). `operator`: this tenant
    runs the installation and may create other tenants."""

    id: UUID
    name: str
    postal_address: str
    settings: TenantSettings
    operator: bool
    webhook_secret: str
    created_at: Moment
    updated_at: Moment


class TenantCreated(TenantResponse):
    """`api_key` has all scopes in the tenant. It is shown only in this answer and is not stored."""

    api_key: str

    @classmethod
    def of(cls, created: NewTenant) -> "TenantCreated":
        return cls(**TenantResponse.model_validate(created.row).model_dump(), api_key=created.api_key)
