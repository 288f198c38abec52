"""`/mailboxes`: the addresses that sequences send from. An enrollment gets one mailbox and keeps it."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.deps import Context, Once, Paging, Reading, Steering, Writer, Writing
from api.error_responses import WITH_BODY, problems
from api.inbox_watcher_notifier import NotifyWatcher
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
    body: MailboxCreate, session: Writing, context: Context, once: Once, notify_watcher: NotifyWatcher
) -> Response:
    async def create() -> MailboxResponse:
        created = await _keeper(context).create(session, body.values())
        if created.imap is not None:
            notify_watcher(created.id)
        return MailboxResponse.of(created)

    return await once(session, 201, create)


@router.get("")
async def list_mailboxes(session: Reading, page: Paging) -> Listed[MailboxResponse]:
    """Newest first."""
    return listed(await mailboxes.list_mailboxes(session, page), MailboxResponse.of)


@router.get("/{mailbox_id}", responses=problems(404))
async def get_mailbox(mailbox_id: UUID, session: Reading) -> MailboxDetail:
    """The mailbox with the number of emails it sent today and the state of its inbox watcher."""
    mailbox = await mailboxes.get_mailbox(session, mailbox_id)
    sent_today = await mailboxes.sent_today(session, mailbox_id)
    return MailboxDetail.looked_at(mailbox, sent_today, await look_at_inbox(session, mailbox))


@router.patch("/{mailbox_id}", responses=WITH_BODY | problems(404, 409))
async def update_mailbox(
    mailbox_id: UUID, body: MailboxUpdate, session: Steering, context: Context, notify_watcher: NotifyWatcher
) -> MailboxResponse:
    """`held` stops all sending from the mailbox; its inbox is still watched. `active` starts sending again, whatever
    held it: waiting leads go on, ten per second if the mailbox sets no limits, and its circuit breakers start to count
    from zero."""
    changed = await _keeper(context).change(session, mailbox_id, body.changes())
    if "imap" in body.model_fields_set:
        notify_watcher(mailbox_id)
    return MailboxResponse.of(changed)


@router.post("/{mailbox_id}/check", responses=problems(404))
async def check_mailbox(mailbox_id: UUID, writer: Writer, context: Context) -> MailboxCheckResponse:
    """Logs in to the mailbox's servers now and returns what they answered. Sends nothing."""
    async with context.database.read(writer.tenant_id) as session:
        mailbox = await mailboxes.get_mailbox(session, mailbox_id)
    # Outside of the transaction: the servers may be slow.
    servers = MailServers(
        context.config.secrets, allow_private=context.config.mail_allow_private, tls=context.config.mail_tls
    )
    return MailboxCheckResponse.model_validate(await mailbox_check.check_mailbox(mailbox, servers))


@router.delete("/{mailbox_id}", status_code=204, responses=problems(404, 409))
async def delete_mailbox(mailbox_id: UUID, session: Writing, notify_watcher: NotifyWatcher) -> None:
    """409 `mailbox_in_use` while enrollments that have not ended send from it. What it has sent stays on record."""
    if (await mailboxes.get_mailbox(session, mailbox_id)).imap is not None:
        notify_watcher(mailbox_id)
    await mailboxes.delete_mailbox(session, mailbox_id)


def _keeper(context: Context) -> MailboxKeeper:
    return MailboxKeeper(context.config.secrets, context.config.mail_allow_private)
