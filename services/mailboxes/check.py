"""Checks now whether a mailbox's servers accept its user name and password."""

import time
from dataclasses import dataclass

from db.models import Mailbox
from domain.errors import DomainError
from domain.mailboxes.servers import InboxServer, MailServer
from mail.imap import ImapFailed, ImapSession, ImapTimeouts
from mail.smtp.failures import DeliveryFailed
from mail.smtp.server import SmtpServer, SmtpTimeouts
from mail.smtp.transport import check_login
from services.mailboxes.transports import MailServers
from services.secret_box import SecretKeysMissing, SecretUnreadable

TIMEOUTS = SmtpTimeouts(connect=15.0, command=15.0)
IMAP_TIMEOUTS = ImapTimeouts(connect=15.0, silence=15.0)


@dataclass(frozen=True, slots=True)
class ServerChecked:
    """`code` and `detail` give the reason of a failure. Neither contains a password."""

    ok: bool
    code: str | None
    detail: str | None
    duration_ms: int


@dataclass(frozen=True, slots=True)
class MailboxChecked:
    """None for a server that the mailbox does not use."""

    smtp: ServerChecked | None
    imap: ServerChecked | None

    @property
    def ok(self) -> bool:
        return all(one is None or one.ok for one in (self.smtp, self.imap))


async def check_mailbox(mailbox: Mailbox, servers: MailServers) -> MailboxChecked:
    """Connects and logs in, and sends nothing. Runs outside a transaction, because the servers may be slow."""
    return MailboxChecked(smtp=await _check_smtp(mailbox, servers), imap=await _check_imap(mailbox, servers))


async def _check_smtp(mailbox: Mailbox, servers: MailServers) -> ServerChecked | None:
    if mailbox.smtp is None:
        return None
    started = time.monotonic()
    try:
        server: SmtpServer = servers.smtp(MailServer.model_validate(mailbox.smtp), mailbox.smtp_password, mailbox.email)
        await check_login(server, TIMEOUTS)
    except (DeliveryFailed, SecretUnreadable, SecretKeysMissing) as failed:
        return _failed(failed, started)
    return ServerChecked(True, None, None, _since(started))


async def _check_imap(mailbox: Mailbox, servers: MailServers) -> ServerChecked | None:
    """Also opens each folder that is watched."""
    if mailbox.imap is None:
        return None
    started = time.monotonic()
    try:
        inbox = InboxServer.model_validate(mailbox.imap)
        async with ImapSession.open(servers.imap(inbox, mailbox.imap_password), IMAP_TIMEOUTS) as session:
            for folder in inbox.folders:
                await session.examine(folder)
    except (ImapFailed, SecretUnreadable, SecretKeysMissing) as failed:
        return _failed(failed, started)
    return ServerChecked(True, None, None, _since(started))


def _failed(failed: DomainError, started: float) -> ServerChecked:
    return ServerChecked(False, failed.code, failed.detail, _since(started))


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
