"""Users: the people of a tenant, who own leads, are notified, and may sign in (services/access/invitations.py)."""

from collections.abc import Mapping
from uuid import UUID

from db.models import User
from db.queries.access import users as queries
from db.queries.rows import change_row, delete_row, find_row
from db.session import ReadSession, WriteSession
from domain.errors import Conflict, FieldError, NotFound
from services.access.api_keys import Scope
from services.access.audit import audited
from services.paging import Page, PageRequest, after_of, newest_first


class UserExists(Conflict):
    code = "user_exists"
    title = "A user with this address exists"
    remedy = "Use the existing user."
    retryable = False

    def __init__(self, email: str) -> None:
        detail = f"the tenant has a user {email}"
        super().__init__(detail, errors=[FieldError("email", self.code, detail)])


class UserInUse(Conflict):
    """One wrong call must not lock a person out."""

    code = "user_in_use"
    title = "You cannot remove yourself or change your own role"
    remedy = "Ask another administrator to do it, or use an API key of scope `admin`."
    retryable = False


async def create_user(session: WriteSession, *, email: str, name: str, role: Scope) -> User:
    """`email` in its normal form. Raises UserExists."""
    user = await queries.insert_user(session, email=email, name=name, role=role)
    if user is None:
        raise UserExists(email)
    await audited(session, "user.created", user.id)
    return user


async def get_user(session: ReadSession, user_id: UUID) -> User:
    """Raises NotFound."""
    return _found(await find_row(session, User, user_id), user_id)


async def list_users(session: ReadSession, page: PageRequest) -> Page[User]:
    """The newest first. Raises InvalidCursor."""
    return newest_first(await queries.list_users(session, after_of(page), page.limit), page.limit)


async def change_user(session: WriteSession, user_id: UUID, changes: Mapping[str, str], *, asking: UUID | None) -> User:
    """`asking` is the signed-in user. Raises NotFound, UserExists, UserInUse."""
    if user_id == asking and "role" in changes and changes["role"] != (await get_user(session, user_id)).role:
        raise UserInUse("have another administrator change it")
    if "email" in changes and await queries.user_id_of(session, changes["email"]) not in (None, user_id):
        raise UserExists(changes["email"])
    changed = _found(await change_row(session, User, user_id, changes), user_id)
    await audited(session, "user.updated", user_id, fields=changes)
    return changed


async def delete_user(session: WriteSession, user_id: UUID, *, asking: UUID | None) -> None:
    """The user's leads have no owner then. Their notifications and sessions are deleted. `asking` is the signed-in
    user. Raises NotFound, UserInUse."""
    if user_id == asking:
        raise UserInUse("have another administrator remove you")
    if not await delete_row(session, User, user_id):
        raise NotFound(f"there is no user {user_id}")
    await audited(session, "user.deleted", user_id)


def _found(user: User | None, user_id: UUID) -> User:
    if user is None:
        raise NotFound(f"there is no user {user_id}")
    return user
