"""`/notifications`: messages for the users of the tenant."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.deps import Paging, Reading, Writing
from api.error_responses import problems
from api.route import ApiRoute
from api.schemas.common import Listed, listed
from api.schemas.notifications import NotificationResponse
from services import notifications

router = APIRouter(prefix="/notifications", tags=["Administration"], route_class=ApiRoute)


@router.get("")
async def list_notifications(
    session: Reading,
    page: Paging,
    user_id: Annotated[UUID | None, Query(description="Those for this user, and those for everybody.")] = None,
    unread: Annotated[bool | None, Query(description="true: only unread ones; false: only read ones.")] = None,
) -> Listed[NotificationResponse]:
    """Newest first."""
    found = await notifications.list_notifications(session, page, user_id=user_id, unread=unread)
    return listed(found, NotificationResponse.model_validate)


@router.post("/{notification_id}/read", responses=problems(404))
async def read_notification(notification_id: UUID, session: Writing) -> NotificationResponse:
    """Marks it as read. Doing it twice changes nothing."""
    return NotificationResponse.model_validate(await notifications.mark_read(session, notification_id))
