"""The server that a mailbox sends through: its own, or the installation's. Each has one pool of connections."""

import asyncio
import ssl
from dataclasses import dataclass

from db.queries.engine.performing import LoadedMailbox
from domain.errors import Conflict
from domain.mailboxes.servers import InboxServer, MailServer
from mail.imap import ImapServer
from mail.smtp.server import SmtpServer
from mail.smtp.transport import SmtpTransport
from services.secret_box import SecretBox

# Providers allow few connections for one account (Exchange Online: three) and close idle ones.
OPEN_PER_MAILBOX = 3
# Longer than any message takes, so that a pool is never dropped while somebody is about to send through it.
FORGET_AFTER_SECONDS = 900.0


class NoMailServer(Conflict):
    """Neither the mailbox nor the installation has a mail server."""

    code = "no_mail_server"
    title = "There is no mail server to send through"
    remedy = "Give the mailbox a mail server (`smtp`), or set `CADENZA_SMTP_HOST`."
    retryable = False


@dataclass(slots=True)
class _Pool:
    settings: tuple[MailServer, str | None]
    """The settings that the pool was opened with. The password is still sealed."""
    transport: SmtpTransport
    expiry: asyncio.TimerHandle


class Transports:
    """Pools of connections. A pool opens at first use, opens anew when the mailbox's settings change, and closes when
    the mailbox has not sent for a while. For one event loop."""

    def __init__(
        self,
        installation: SmtpServer | None,
        secrets: SecretBox,
        *,
        allow_private: bool = False,
        tls: ssl.SSLContext | None = None,
        forget_after_seconds: float = FORGET_AFTER_SECONDS,
    ) -> None:
        """`allow_private`: mailboxes' own servers may have private addresses. `tls`: a context for a private
        certificate authority."""
        self._installation = SmtpTransport(installation) if installation else None
        self._maker = MailServers(secrets, allow_private=allow_private, tls=tls)
        self._forget_after_seconds = forget_after_seconds
        self._pools: dict[str, _Pool] = {}
        self._closing: set[asyncio.Task[None]] = set()

    def of(self, sender: LoadedMailbox) -> SmtpTransport:
        """Raises NoMailServer, SecretKeysMissing, SecretUnreadable."""
        if sender.smtp is None:
            if self._installation is None:
                raise NoMailServer
            return self._installation
        key = str(sender.id)
        settings = (MailServer.model_validate(sender.smtp), sender.smtp_password)
        pool = self._pools.get(key)
        if pool is not None and pool.settings == settings:
            pool.expiry.cancel()
            pool.expiry = self._expiry(key)
            return pool.transport
        transport = SmtpTransport(
            self._maker.smtp(*settings, sender.email), max_open=OPEN_PER_MAILBOX, max_idle=OPEN_PER_MAILBOX
        )
        self._forget(key)
        self._pools[key] = _Pool(settings, transport, self._expiry(key))
        return transport

    async def aclose(self) -> None:
        """Closes idle connections now. Busy ones close after their message."""
        for key in list(self._pools):
            self._forget(key)
        if self._installation is not None:
            await self._installation.aclose()
        await asyncio.gather(*self._closing)

    def _expiry(self, key: str) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(self._forget_after_seconds, self._forget, key)

    def _forget(self, key: str) -> None:
        pool = self._pools.pop(key, None)
        if pool is None:
            return
        pool.expiry.cancel()
        closing = asyncio.get_running_loop().create_task(pool.transport.aclose())
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)


class MailServers:
    """A mailbox's servers, ready to connect: passwords opened, TLS with the system's authorities."""

    def __init__(self, secrets: SecretBox, *, allow_private: bool, tls: ssl.SSLContext | None = None) -> None:
        self._secrets = secrets
        self._allow_private = allow_private
        self._tls = tls

    def smtp(self, server: MailServer, sealed: str | None, email: str) -> SmtpServer:
        """Raises SecretKeysMissing, SecretUnreadable."""
        return SmtpServer(
            host=server.host,
            port=server.port,
            username=server.username or None,
            password=self._secrets.open(sealed) if sealed else None,
            security=server.security,
            tls_context=None if server.security == "none" else self._trusted(),
            ehlo_name=email.rpartition("@")[2],
            allow_private=self._allow_private,
        )

    def imap(self, server: InboxServer, sealed: str | None) -> ImapServer:
        """Raises SecretKeysMissing, SecretUnreadable."""
        return ImapServer(
            host=server.host,
            port=server.port,
            username=server.username,
            password=self._secrets.open(sealed) if sealed else "",
            security=server.security,
            tls_context=None if server.security == "none" else self._trusted(),
            allow_private=self._allow_private,
        )

    def _trusted(self) -> ssl.SSLContext:
        """Created once, because reading the system's authorities takes longer than a message."""
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return self._tls
