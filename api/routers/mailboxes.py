"""`/mailboxes`: what sequences send from. An enrollment takes the oldest active one and keeps it."""

from fastapi import APIRouter, Response

from api.deps import Once, Paging, Reading, Writing
from api.documented import WITH_BODY, problems
from api.route import ApiRoute
from api.schemas.administration import MailboxCreate, MailboxResponse
from api.schemas.common import Listed, listed
from services import mailboxes

router = APIRouter(prefix="/mailboxes", tags=["Administration"], route_class=ApiRoute)


@router.post("", status_code=201, response_model=MailboxResponse, responses=WITH_BODY | problems(409))
async def create_mailbox(body: MailboxCreate, session: Writing, once: Once) -> Response:
    async def create() -> MailboxResponse:
        created = await mailboxes.create_mailbox(session, email=body.email, name=body.name, status=body.status)
        return MailboxResponse.model_validate(created)

    return await once(session, 201, create)


@router.get("")
async def list_mailboxes(session: Reading, page: Paging) -> Listed[MailboxResponse]:
    """The newest first."""
    return listed(await mailboxes.list_mailboxes(session, page), MailboxResponse.model_validate)
