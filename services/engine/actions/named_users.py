"""What the actions with a `user_id` have in common."""

from collections.abc import Sequence
from uuid import UUID

from db.queries.leads.leads import user_exists
from db.session import ReadSession
from domain.errors import FieldError


async def missing_user(session: ReadSession, user_id: UUID) -> Sequence[FieldError]:
    """The error for a user who does not exist."""
    if await user_exists(session, user_id):
        return ()
    return [FieldError("user_id", "unknown_user", f"there is no user {user_id}")]
