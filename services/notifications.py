"""Notifications: what a person should see. Webhook endpoints that subscribe to them get them, too."""

from uuid import UUID

from db.models import Notification
from db.queries import notifications as queries
from db.queries.rows import find_row
from db.session import ReadSession, WriteSession
from domain.errors import NotFound
from services.paging import Page, PageRequest, after_of, newest_first


async def list_notifications(
    session: ReadSession, page: PageRequest, *, user_id: UUID | None, unread: bool | None
) -> Page[Notification]:
    """The newest first. With `user_id`: the user's own and those for everybody. Raises InvalidCursor."""
    rows = await queries.list_notifications(
        session, user_id=user_id, unread=unread, after=after_of(page), limit=page.limit
    )
    return newest_first(rows, page.limit)


async def mark_read(session: WriteSession, notification_id: UUID) -> Notification:
    """Marks it as read. A second call changes nothing. Raises NotFound."""
    await queries.mark_read(session, notification_id)
    found = await find_row(session, Notification, notification_id)
    if found is None:
        raise NotFound(f"there is no notification {notification_id}")
    return found
