"""`/mailboxes`: what sequences send from. An enrollment takes the oldest active one and keeps it."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.deps import Once, Paging, Reading, Steering, Wired, Writer, Writing
from api.documented import WITH_BODY, problems
from api.inbox_watch import TellsWatcher
from api.route import ApiRoute
from api.schemas.common import Listed, listed
from api.schemas.mailboxes.mailboxes import (
    MailboxCheckResponse,
    MailboxCreate,
    MailboxDetail,
    MailboxResponse,
    MailboxUpdate,
)
from services.inbound.inboxes.status import look_at_inbox
from services.mailboxes import check as mailbox_check
from services.mailboxes import mailboxes
from services.mailboxes.mailboxes import MailboxKeeper
from services.mailboxes.transports import MailServers

router = APIRouter(prefix="/mailboxes", tags=["Administration"], route_class=ApiRoute)


@router.post("", status_code=201, response_model=MailboxResponse, responses=WITH_BODY | problems(409))
async def create_mailbox(
    body: MailboxCreate, session: Writing, wired: Wired, once: Once, tell_watcher: TellsWatcher
) -> Response:
    async def create() -> MailboxResponse:
        created = await _keeper(wired).create(session, body.values())
        if created.imap is not None:
            tell_watcher(created.id)
        return MailboxResponse.of(created)

    return await once(session, 201, create)


@router.get("")
async def list_mailboxes(session: Reading, page: Paging) -> Listed[MailboxResponse]:
    """The newest first."""
    return listed(await mailboxes.list_mailboxes(session, page), MailboxResponse.of)


@router.get("/{mailbox_id}", responses=problems(404))
async def get_mailbox(mailbox_id: UUID, session: Reading) -> MailboxDetail:
    """With what it has sent today, and how the watching of its inbox goes."""
    mailbox = await mailboxes.get_mailbox(session, mailbox_id)
    sent_today = await mailboxes.sent_today(session, mailbox_id)
    return MailboxDetail.looked_at(mailbox, sent_today, await look_at_inbox(session, mailbox))


@router.patch("/{mailbox_id}", responses=WITH_BODY | problems(404, 409))
async def update_mailbox(
    mailbox_id: UUID, body: MailboxUpdate, session: Steering, wired: Wired, tell_watcher: TellsWatcher
) -> MailboxResponse:
    """`held` keeps back everything that would leave from it; its inbox is watched all the same. `active` lets it go,
    whatever held it: what waited goes on, ten leads a second where the mailbox sets no limits, and its circuit breakers
    begin to count anew."""
    changed = await _keeper(wired).change(session, mailbox_id, body.changes())
    if "imap" in body.model_fields_set:
        tell_watcher(mailbox_id)
    return MailboxResponse.of(changed)


@router.post("/{mailbox_id}/check", responses=problems(404))
async def check_mailbox(mailbox_id: UUID, writer: Writer, wired: Wired) -> MailboxCheckResponse:
    """Logs in to the mailbox's servers, now, and says what they answered. Sends nothing."""
    async with wired.database.read(writer.tenant_id) as session:
        mailbox = await mailboxes.get_mailbox(session, mailbox_id)
    # Outside of the transaction: the servers may take their time.
    servers = MailServers(
        wired.config.secrets, allow_private=wired.config.mail_allow_private, tls=wired.config.mail_tls
    )
    return MailboxCheckResponse.model_validate(await mailbox_check.check_mailbox(mailbox, servers))


@router.delete("/{mailbox_id}", status_code=204, responses=problems(404, 409))
async def delete_mailbox(mailbox_id: UUID, session: Writing, tell_watcher: TellsWatcher) -> None:
    """409 `mailbox_in_use` while enrollments that have not ended write from it. What it has sent stays on record."""
    if (await mailboxes.get_mailbox(session, mailbox_id)).imap is not None:
        tell_watcher(mailbox_id)
    await mailboxes.delete_mailbox(session, mailbox_id)


def _keeper(wired: Wired) -> MailboxKeeper:
    return MailboxKeeper(wired.config.secrets, wired.config.mail_allow_private)
