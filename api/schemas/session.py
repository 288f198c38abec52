"""Who is signed in, and to what."""

from uuid import UUID

from pydantic import BaseModel

from services.keys import Scope


class SessionResponse(BaseModel):
    tenant_id: UUID
    tenant_name: str
    scopes: list[Scope]
    """Of the key that asks."""
    dev: bool
    """Whether `/dev/*` is served."""
    temporal_ui_url: str | None
