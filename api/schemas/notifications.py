"""Notifications, as answers."""

from uuid import UUID

from api.schemas.common import Moment, Shape


class NotificationResponse(Shape):
    """Without a `user_id` it is for everybody of the tenant. Kinds: `sequence` (a `notify_user` action),
    `webhook_endpoint_disabled`."""

    id: UUID
    user_id: UUID | None
    kind: str
    message: str
    lead_id: UUID | None
    enrollment_id: UUID | None
    created_at: Moment
    read_at: Moment | None
