"""The audit log, as answers."""

from uuid import UUID

from api.schemas.common import JsonObject, Moment, Shape
from services.access.audit import AuditAction


class AuditEntryResponse(Shape):
    """By whom: an API key (or a session that began with it), or the user who was signed in. Without both it was the
    command line on the server, the operator, or somebody who could not sign in (`session.refused`). `target_id` is of
    what was changed, which may be gone by now. `detail` may hold `fields` (the names of those that were given),
    `scopes`, and counts; never a value that was set."""

    id: UUID
    action: AuditAction
    api_key_id: UUID | None
    user_id: UUID | None
    target_id: UUID | None
    detail: JsonObject
    created_at: Moment
