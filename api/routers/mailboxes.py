"""`/mailboxes`: what sequences send from. An enrollment takes the oldest active one and keeps it."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.deps import Once, Paging, Reading, Writing
from api.documented import WITH_BODY, problems
from api.route import ApiRoute
from api.schemas.administration import MailboxCreate, MailboxResponse, MailboxUpdate
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


@router.get("/{mailbox_id}", responses=problems(404))
async def get_mailbox(mailbox_id: UUID, session: Reading) -> MailboxResponse:
    return MailboxResponse.model_validate(await mailboxes.get_mailbox(session, mailbox_id))


@router.patch("/{mailbox_id}", responses=WITH_BODY | problems(404, 409))
async def update_mailbox(mailbox_id: UUID, body: MailboxUpdate, session: Writing) -> MailboxResponse:
    """`held` keeps back everything that would leave from it, `active` lets it go."""
    return MailboxResponse.model_validate(await mailboxes.change_mailbox(session, mailbox_id, body.changes()))


@router.delete("/{mailbox_id}", status_code=204, responses=problems(404, 409))
async def delete_mailbox(mailbox_id: UUID, session: Writing) -> None:
    """409 `mailbox_in_use` while enrollments that have not ended write from it. What it has sent stays on record."""
    await mailboxes.delete_mailbox(session, mailbox_id)
