"""Response shapes of the audit log."""

from uuid import UUID

from api.schemas.common import JsonObject, Moment, Shape
from services.access.audit import AuditAction


class AuditEntryResponse(Shape):
    """`api_key_id`: the API key that acted, or with which the session began. `user_id`: the user who was signed in.
    Without both, it was the command line on the server, the operator, or somebody who could not sign in
    (`session.refused`). `target_id` is the ID of what was changed, which may be deleted by now. `detail` may hold
    `fields` (the names of the fields that were given), `scopes`, and counts, but never a value that was set."""

    id: UUID
    action: AuditAction
    api_key_id: UUID | None
    user_id: UUID | None
    target_id: UUID | None
    detail: JsonObject
    created_at: Moment
