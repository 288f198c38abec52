"""Notifications for users."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, or_, select, text, update

from db.models import Notification
from db.queries.paging import After, newest_page
from db.session import ReadSession, WriteSession

_NOTIFY = text("""
    INSERT INTO notifications (tenant_id, user_id, kind, message, lead_id, enrollment_id)
    SELECT :tenant_id, (SELECT id FROM users WHERE tenant_id = :tenant_id AND id = CAST(:user_id AS uuid)),
           :kind, :message, CAST(:lead_id AS uuid), CAST(:enrollment_id AS uuid)
""")


async def notify(
    session: WriteSession,
    *,
    kind: str,
    message: str,
    user_id: UUID | None = None,
    lead_id: UUID | None = None,
    enrollment_id: UUID | None = None,
) -> None:
    """Creates a notification for the user; for all users if `user_id` is None or that user no longer exists."""
    parameters = {"kind": kind, "message": message, "user_id": user_id, "lead_id": lead_id}
    await session.execute(_NOTIFY, {"tenant_id": session.tenant_id, **parameters, "enrollment_id": enrollment_id})


async def list_notifications(
    session: ReadSession, *, user_id: UUID | None, unread: bool | None, after: After | None, limit: int
) -> Sequence[Notification]:
    """With `user_id`: the notifications of the user, and those for all users."""
    statement = select(Notification).where(Notification.tenant_id == session.tenant_id)
    if user_id is not None:
        statement = statement.where(or_(Notification.user_id == user_id, Notification.user_id.is_(None)))
    if unread is not None:
        statement = statement.where(Notification.read_at.is_(None) if unread else Notification.read_at.is_not(None))
    page = newest_page(statement, Notification.created_at, Notification.id, after, limit)
    return (await session.scalars(page)).all()


async def mark_read(session: WriteSession, notification_id: UUID) -> None:
    """Marks the notification as read. One that is already read keeps its time."""
    await session.execute(
        update(Notification)
        .where(Notification.tenant_id == session.tenant_id, Notification.id == notification_id)
        .values(read_at=func.coalesce(Notification.read_at, func.now()))
        .execution_options(synchronize_session=False)
    )
