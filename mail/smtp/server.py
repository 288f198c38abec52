"""The SMTP server of a mailbox, and the connection to it."""

import asyncio
import socket
import ssl
from dataclasses import dataclass, field
from typing import Literal

from aiosmtplib import SMTPConnectTimeoutError, SMTPTimeoutError

from domain.failures import described
from domain.public_addresses import may_be_reached
from mail.redaction import redact
from mail.smtp.failures import ConnectionFailed, HostUnknown, ServerAddressRefused, ServerTimeout, TlsFailed


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where and how a mailbox sends. `security`: `tls` from the start, STARTTLS required (`starttls`), or `none`."""

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    security: Literal["none", "starttls", "tls"] = "starttls"
    tls_context: ssl.SSLContext | None = field(default=None, repr=False)
    """For a private certificate authority; None uses the system's authorities."""
    ehlo_name: str = "[127.0.0.1]"
    """The argument of EHLO: a host name or an address literal (RFC 5321 section 4.1.4)."""
    allow_private: bool = True
    """Whether private addresses are allowed. False for a server that a tenant named: it must be at a public address."""


@dataclass(frozen=True, slots=True)
class SmtpTimeouts:
    """All in seconds. `final_reply` is long, because giving up early makes the outcome unknown (RFC 5321 section
    4.5.3.2 asks for ten minutes)."""

    connect: float = 30.0
    command: float = 60.0
    final_reply: float = 300.0


async def public_socket(server: SmtpServer) -> socket.socket:
    """Connects to the server at one of its addresses, all of which must be public.

    The name is resolved once and the connection is opened to a checked address, so a name that resolves differently a
    moment later (DNS rebinding) has no effect. Raises ServerAddressRefused, HostUnknown, and OSError.
    """
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise HostUnknown("the host name leads to no address") from None
    # One private address among public ones is refused, too: it is most likely an attack.
    if not all(may_be_reached(str(sockaddr[0]), allow_private=False) for *_, sockaddr in found):
        raise ServerAddressRefused("mail servers of mailboxes are at public addresses only")
    failure = OSError("the host name leads to no address")
    for family, kind, protocol, _, sockaddr in found:
        connection = socket.socket(family, kind, protocol)
        connection.setblocking(False)
        try:
            await loop.sock_connect(connection, sockaddr)
        except OSError as error:
            connection.close()
            failure = error
        except BaseException:
            connection.close()
            raise
        else:
            return connection
    raise failure


def not_connected(error: Exception) -> ConnectionFailed:
    """What kept the connection from being opened, by its cause: the library wraps what the system said."""
    detail = redact(described(error))
    for one in (error, error.__cause__, error.__context__):
        if isinstance(one, socket.gaierror):
            return HostUnknown("the host name leads to no address")
        if isinstance(one, ssl.SSLError):
            return TlsFailed(detail)
    if isinstance(error, (TimeoutError, SMTPTimeoutError, SMTPConnectTimeoutError)):
        return ServerTimeout(detail)
    return ConnectionFailed(detail)
