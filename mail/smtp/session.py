"""One connection to an SMTP server. It sends one message at a time, with a last check before its final dot."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import cast

import aiosmtplib
from aiosmtplib import SMTPException, SMTPHeloError, SMTPResponseException, SMTPServerDisconnected, SMTPTimeoutError

from domain.failures import described
from mail.redaction import redact, without_credentials
from mail.smtp.failures import (
    AuthenticationFailed,
    ConnectionFailed,
    DeliveryFailed,
    MessageRefused,
    OutcomeUnknown,
    RecipientRefused,
    SendWithdrawn,
    SmtpReply,
    TemporarilyRefused,
    TlsFailed,
    refusal,
)
from mail.smtp.server import SmtpServer, SmtpTimeouts, not_connected, public_socket

BeforeFinalDot = Callable[[], Awaitable[bool]]

_LINE_END = re.compile(rb"\r\n|\r|\n")
# ASCII without spaces and angle brackets. SMTPUTF8 (RFC 6531) is not used; `mail.addresses` refuses such addresses.
_ADDRESS = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")
_FLUSH_POLL_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class SmtpAccepted:
    """The server has taken the message. `response` is redacted."""

    response: str


class StaleConnection(Exception):
    """The server closed a reused connection before any part of a message was sent."""


class SmtpSession:
    """A connected, authenticated session. It can send one message at a time."""

    def __init__(self, client: aiosmtplib.SMTP, timeouts: SmtpTimeouts) -> None:
        self._client = client
        self._timeouts = timeouts
        self._used = False

    @classmethod
    async def open(cls, server: SmtpServer, timeouts: SmtpTimeouts) -> "SmtpSession":
        """Connects, negotiates TLS, logs in. Raises ConnectionFailed, TemporarilyRefused, AuthenticationFailed."""
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port if server.allow_private else None,
            timeout=timeouts.connect,
            use_tls=server.security == "tls",
            start_tls=False,  # done below, where a failure can be told from others
            tls_context=server.tls_context,
            local_hostname=server.ehlo_name,
        )
        try:
            # One timeout for all steps together: a server that answers each of them at the last moment is unusable.
            async with asyncio.timeout(timeouts.connect):
                # The operator's server may have any address. A tenant's server must have a public one.
                await client.connect(sock=None if server.allow_private else await public_socket(server))
                if server.security == "starttls":
                    await _start_tls(client)
                await _greet(client)
                if server.username is not None:
                    await _log_in(client, server.username, server.password or "")
        except SMTPResponseException as error:
            client.close()
            reply = SmtpReply(error.code, redact(error.message))
            failure = TemporarilyRefused if 400 <= error.code < 500 else ConnectionFailed
            raise failure(reply=reply) from None
        except (SMTPException, OSError, ValueError) as error:
            client.close()
            raise not_connected(error) from None
        except BaseException:
            client.close()
            raise
        client.timeout = timeouts.command
        return cls(client, timeouts)

    @property
    def is_usable(self) -> bool:
        return self._client.is_connected

    def close(self) -> None:
        """Drops the connection without QUIT."""
        self._client.close()

    async def quit(self) -> None:
        """Sends QUIT and waits at most one second; drops the connection if that fails."""
        try:
            await self._client.quit(timeout=1.0)
        except (SMTPException, OSError):
            self._client.close()

    async def send(self, message: bytes, sender: str, recipient: str, before_final_dot: BeforeFinalDot) -> SmtpAccepted:
        """Hands over one message. The connection stays usable if the server answered, and is dropped otherwise.

        Raises StaleConnection (nothing was sent: the caller opens another connection), or a DeliveryFailed.
        """
        private = (sender, recipient, recipient.partition("@")[0])
        # Refuse an address that a command cannot carry unchanged: aiosmtplib would shorten `a@b> X` to `a@b`.
        if not _ADDRESS.fullmatch(recipient):
            raise RecipientRefused(reply=SmtpReply(553, "5.1.3 not an address that SMTP can carry"))
        if not _ADDRESS.fullmatch(sender):
            raise MessageRefused(reply=SmtpReply(553, "5.1.7 not an address that SMTP can carry"))
        fresh, self._used = not self._used, True
        dot_written = False
        try:
            await self._mail_from(sender, message, private, fresh=fresh)
            await self._envelope_step(self._client.rcpt(recipient), private, about_recipient=True)
            await self._begin_data()
            await self._write_body(message)
            await self._last_check(before_final_dot)
            protocol = self._client.protocol
            if protocol is None:
                raise SMTPServerDisconnected("closed by the server before the message was complete")
            protocol.write(b".\r\n")
            dot_written = True
            answer = await protocol.read_response(timeout=self._timeouts.final_reply)
            if not 200 <= answer.code < 300:
                raise SMTPResponseException(answer.code, answer.message)
            return SmtpAccepted(f"{answer.code} {redact(answer.message, *private)}")
        except SMTPResponseException as error:
            failure = _refused(error, private)
            if failure is None:
                self._abort()
                failure = (OutcomeUnknown if dot_written else ConnectionFailed)("the server's answer makes no sense")
            await self._reset()
            raise failure from None
        except DeliveryFailed:
            await self._reset()
            raise
        except (SMTPException, OSError, ValueError) as error:
            self._abort()
            detail = redact(described(error), *private)
            # Not chained: the library's own errors carry addresses, and causes end up in workflow histories.
            raise (OutcomeUnknown if dot_written else ConnectionFailed)(detail) from None
        except BaseException:
            self._abort()
            raise

    async def _mail_from(self, sender: str, message: bytes, private: tuple[str, ...], *, fresh: bool) -> None:
        options: list[str] = []
        if self._client.supports_extension("size"):
            options.append(f"SIZE={len(message)}")
        if not message.isascii() and self._client.supports_extension("8bitmime"):
            options.append("BODY=8BITMIME")
        try:
            await self._envelope_step(self._client.mail(sender, options=options), private)
        except (SMTPServerDisconnected, SMTPTimeoutError):
            if fresh:
                raise
            raise StaleConnection from None
        except TemporarilyRefused as failure:
            # A server answers 421 to the first command when it is about to close an idle connection.
            if fresh or failure.smtp_code != 421:
                raise
            raise StaleConnection from None

    async def _envelope_step(
        self, step: Awaitable[object], private: tuple[str, ...], *, about_recipient: bool = False
    ) -> None:
        try:
            await step
        except SMTPResponseException as error:
            failure = _refused(error, private, about_recipient=about_recipient)
            if failure is None:
                raise
            raise failure from None

    async def _begin_data(self) -> None:
        answer = await self._client.execute_command(b"DATA")
        if answer.code != 354:
            raise SMTPResponseException(answer.code, answer.message)

    async def _write_body(self, message: bytes) -> None:
        """Writes the body and waits until all of it has left this process. A server that has stopped reading then fails
        here, before the last check."""
        protocol, transport = self._client.protocol, self._client.transport
        if protocol is None or transport is None:
            raise SMTPServerDisconnected("closed by the server")
        protocol.write(_on_the_wire(message))
        async with asyncio.timeout(self._timeouts.command):
            # A transport reports when its buffer falls below a threshold, but not when it is empty.
            while cast(asyncio.WriteTransport, transport).get_write_buffer_size():  # noqa: ASYNC110
                await asyncio.sleep(_FLUSH_POLL_SECONDS)

    async def _last_check(self, before_final_dot: BeforeFinalDot) -> None:
        try:
            allowed = await before_final_dot()
        except Exception as error:
            self._abort()
            raise SendWithdrawn("the last check before sending failed") from error
        if not allowed:
            self._abort()
            raise SendWithdrawn()

    def _abort(self) -> None:
        """Resets the connection (RST). A careless server could take an orderly close for the end of the message."""
        transport = self._client.transport
        if transport is not None:
            cast(asyncio.WriteTransport, transport).abort()
        self.close()

    async def _reset(self) -> None:
        """Sends RSET so that the connection is usable for the next message; closes it if that fails."""
        if not self.is_usable:
            return
        try:
            await self._client.rset()
        except (SMTPException, OSError):
            self.close()


async def _greet(client: aiosmtplib.SMTP) -> None:
    try:
        await client.ehlo()
    except SMTPHeloError:
        await client.helo()


async def _start_tls(client: aiosmtplib.SMTP) -> None:
    await _greet(client)
    if not client.supports_extension("starttls"):
        raise TlsFailed("the server offers no STARTTLS")
    await client.starttls()


async def _log_in(client: aiosmtplib.SMTP, username: str, password: str) -> None:
    def redacted(text: str) -> str:
        return redact(without_credentials(text, username, password), username)

    try:
        await client.login(username, password)
    except SMTPResponseException as error:
        reply = SmtpReply(error.code, redacted(error.message))
        raise (TemporarilyRefused if 400 <= error.code < 500 else AuthenticationFailed)(reply=reply) from None
    except (SMTPServerDisconnected, SMTPTimeoutError):
        raise
    except SMTPException as error:
        # The server offers no authentication method that this client supports.
        raise AuthenticationFailed(redacted(str(error))) from None


def _refused(
    error: SMTPResponseException, private: tuple[str, ...], *, about_recipient: bool = False
) -> DeliveryFailed | None:
    """Returns the failure that the answer means; None if it is neither 4xx nor 5xx, so not a refusal."""
    if not 400 <= error.code < 600:
        return None
    return refusal(SmtpReply(error.code, redact(error.message, *private)), about_recipient=about_recipient)


def _on_the_wire(message: bytes) -> bytes:
    """Returns the message with CRLF line ends, each leading dot doubled (RFC 5321 section 4.5.2), and a final CRLF."""
    lines = _LINE_END.split(message)
    if lines[-1] == b"":
        lines.pop()
    return b"".join((b"." + line if line.startswith(b".") else line) + b"\r\n" for line in lines)
