"""Where an inbox is, and the connection to it: resolved, checked, encrypted from the start where it is to be."""

import asyncio
import socket
import ssl
from dataclasses import dataclass, field
from typing import Literal

from domain.failures import described
from domain.public_addresses import may_be_reached
from mail.delivery import redact
from mail.imap.errors import ImapConnectionFailed

# The longest line that is read, in bytes: a SEARCH over a very large inbox. What is longer is in literals.
MAX_LINE = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ImapServer:
    """`security`: `tls` from the start (port 993), `starttls` required (port 143), or `none`."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    security: Literal["none", "starttls", "tls"] = "tls"
    tls_context: ssl.SSLContext | None = field(default=None, repr=False)
    """For a private certificate authority; the system's authorities otherwise."""
    allow_private: bool = False
    """Development: the server may be at a private or loopback address."""

    def tls(self) -> ssl.SSLContext:
        return self.tls_context or ssl.create_default_context()


@dataclass(frozen=True, slots=True)
class ImapTimeouts:
    """All in seconds."""

    connect: float = 30.0
    """For TCP, TLS, the greeting and the login together."""
    silence: float = 60.0
    """How long a server may say nothing while an answer of it is due."""
    idle: float = 4 * 60.0
    """How long one IDLE lasts. RFC 2177 asks for less than 29 minutes; a connection that a router in between has
    forgotten is only noticed at the end of it, so that it is much shorter."""
    poll: float = 30.0
    """Between two looks at a server that has no IDLE."""


async def connect(server: ImapServer) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to the first address that takes it. Raises ImapConnectionFailed."""
    failed = OSError("the name has no address")
    for address in await _addresses(server):
        try:
            tls = server.security == "tls"
            reader, writer = await asyncio.open_connection(
                address,
                server.port,
                ssl=server.tls() if tls else None,
                server_hostname=server.host if tls else None,
                limit=MAX_LINE,
            )
        except OSError as error:  # also what TLS objects to
            failed = error
            continue
        _keep_alive(writer)
        return reader, writer
    raise ImapConnectionFailed(redact(described(failed))) from None


async def _addresses(server: ImapServer) -> list[str]:
    """The server's addresses, checked here and then connected to as they are: a name that changes what it means in
    between leads nowhere else."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ImapConnectionFailed("the host name leads to no address") from None
    addresses = list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
    reachable = [one for one in addresses if may_be_reached(one, allow_private=server.allow_private)]
    if not reachable:
        raise ImapConnectionFailed("mail servers are at public addresses only")
    return reachable


def _keep_alive(writer: asyncio.StreamWriter) -> None:
    """Between two words of an idle server TCP itself asks whether it is still there."""
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_KEEPIDLE"):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60)
