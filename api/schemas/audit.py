"""The audit log, as answers."""

from uuid import UUID

from api.schemas.common import JsonObject, Moment, Shape
from services.audit import AuditAction


class AuditEntryResponse(Shape):
    """Without an `api_key_id` it was the command line on the server, or the operator. `target_id` is of what was
    changed, which may be gone by now. `detail` may hold `fields` (the names of those that were given), `scopes`, and
    counts; never a value that was set."""

    id: UUID
    action: AuditAction
    api_key_id: UUID | None
    target_id: UUID | None
    detail: JsonObject
    created_at: Moment
