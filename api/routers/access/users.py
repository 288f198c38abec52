"""`/users`: the users of the tenant. Needs the scope `admin`."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.deps import Admin, AdminReading, AdminWriting, Context, Once, Paging
from api.error_responses import WITH_BODY, problems
from api.route import ApiRoute
from api.schemas.access.users import InvitationResponse, UserCreate, UserResponse, UserUpdate
from api.schemas.common import Listed, listed
from services.access import invitations, users

router = APIRouter(prefix="/users", tags=["Administration"], route_class=ApiRoute)


@router.post("", status_code=201, response_model=UserResponse, responses=WITH_BODY | problems(409))
async def create_user(body: UserCreate, session: AdminWriting, once: Once) -> Response:
    async def create() -> UserResponse:
        created = await users.create_user(session, email=body.email, name=body.name, role=body.role)
        return UserResponse.model_validate(created)

    return await once(session, 201, create)


@router.get("")
async def list_users(session: AdminReading, page: Paging) -> Listed[UserResponse]:
    """Newest first."""
    return listed(await users.list_users(session, page), UserResponse.model_validate)


@router.get("/{user_id}", responses=problems(404))
async def get_user(user_id: UUID, session: AdminReading) -> UserResponse:
    return UserResponse.model_validate(await users.get_user(session, user_id))


@router.patch("/{user_id}", responses=WITH_BODY | problems(404, 409))
async def update_user(user_id: UUID, body: UserUpdate, session: AdminWriting, admin: Admin) -> UserResponse:
    """Users cannot change their own role."""
    changed = await users.change_user(session, user_id, body.changes(), asking=admin.user_id)
    return UserResponse.model_validate(changed)


@router.delete("/{user_id}", status_code=204, responses=problems(404, 409))
async def delete_user(user_id: UUID, session: AdminWriting, admin: Admin) -> None:
    """The user's leads lose their owner. The user's notifications and sessions are deleted. Users cannot delete
    themselves."""
    await users.delete_user(session, user_id, asking=admin.user_id)


@router.post("/{user_id}/invitations", status_code=201, responses=problems(404))
async def invite_user(user_id: UUID, request: Request, session: AdminWriting, context: Context) -> InvitationResponse:
    """Creates a link with which the user sets a first or new password and is signed in. Send it to the user yourself.
    The user's previous link stops working. `Idempotency-Key` is not accepted, because a stored answer would store the
    link."""
    invitation = await invitations.invite(session, user_id)
    home = (context.config.public_url or str(request.base_url)).rstrip("/")
    return InvitationResponse(url=f"{home}/#invitation={invitation.token}", expires_at=invitation.expires_at)
