"""`/users`: the people of the tenant. Needs the scope `admin`."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.deps import AdminReading, AdminWriting, Once, Paging
from api.documented import WITH_BODY, problems
from api.route import ApiRoute
from api.schemas.common import Listed, listed
from api.schemas.users import UserCreate, UserResponse, UserUpdate
from services import users

router = APIRouter(prefix="/users", tags=["Administration"], route_class=ApiRoute)


@router.post("", status_code=201, response_model=UserResponse, responses=WITH_BODY | problems(409))
async def create_user(body: UserCreate, session: AdminWriting, once: Once) -> Response:
    async def create() -> UserResponse:
        return UserResponse.model_validate(await users.create_user(session, email=body.email, name=body.name))

    return await once(session, 201, create)


@router.get("")
async def list_users(session: AdminReading, page: Paging) -> Listed[UserResponse]:
    """The newest first."""
    return listed(await users.list_users(session, page), UserResponse.model_validate)


@router.get("/{user_id}", responses=problems(404))
async def get_user(user_id: UUID, session: AdminReading) -> UserResponse:
    return UserResponse.model_validate(await users.get_user(session, user_id))


@router.patch("/{user_id}", responses=WITH_BODY | problems(404, 409))
async def update_user(user_id: UUID, body: UserUpdate, session: AdminWriting) -> UserResponse:
    return UserResponse.model_validate(await users.change_user(session, user_id, body.changes()))


@router.delete("/{user_id}", status_code=204, responses=problems(404))
async def delete_user(user_id: UUID, session: AdminWriting) -> None:
    """The user's leads belong to nobody then, and the user's notifications go."""
    await users.delete_user(session, user_id)
