"""Response shapes of notifications."""

from uuid import UUID

from api.schemas.common import Moment, Shape


class NotificationResponse(Shape):
    """Without a `user_id` it is for everybody in the tenant. Kinds: `sequence` (a `notify_user` action) and
    `webhook_endpoint_disabled`."""

    id: UUID
    user_id: UUID | None
    kind: str
    message: str
    lead_id: UUID | None
    enrollment_id: UUID | None
    created_at: Moment
    read_at: Moment | None
