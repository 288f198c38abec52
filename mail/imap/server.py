"""The IMAP server of an inbox, and the connection to it: the name is resolved, the address checked, TLS begun."""

import asyncio
import socket
import ssl
from dataclasses import dataclass, field
from typing import Literal

from domain.failures import described
from domain.public_addresses import may_be_reached
from mail.imap.errors import ImapConnectionFailed
from mail.redaction import redact

# Longest line that is read, in bytes. A SEARCH over a very large inbox fits; longer data comes in literals.
MAX_LINE = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ImapServer:
    """Where and how an inbox is read. `security`: `tls` from the start (port 993), STARTTLS required (`starttls`, port
    143), or `none`."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    security: Literal["none", "starttls", "tls"] = "tls"
    tls_context: ssl.SSLContext | None = field(default=None, repr=False)
    """For a private certificate authority; None uses the system's authorities."""
    allow_private: bool = False
    """Development only: allows a server at a private or loopback address."""

    def tls(self) -> ssl.SSLContext:
        return self.tls_context or ssl.create_default_context()


@dataclass(frozen=True, slots=True)
class ImapTimeouts:
    """All in seconds."""

    connect: float = 30.0
    """For TCP, TLS, the greeting and the login together."""
    silence: float = 60.0
    """How long a server may send nothing while a response is due."""
    idle: float = 4 * 60.0
    """How long one IDLE lasts. RFC 2177 allows up to 29 minutes. It is much shorter here, because a connection that a
    router has dropped is noticed only at the end of it."""
    poll: float = 30.0
    """How often a server without IDLE is polled."""


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
        except OSError as error:  # ssl.SSLError is one, too
            failed = error
            continue
        _keep_alive(writer)
        return reader, writer
    raise ImapConnectionFailed(redact(described(failed))) from None


async def _addresses(server: ImapServer) -> list[str]:
    """Resolves the server's name and checks the addresses. The caller connects to these addresses, so a name that
    resolves differently later (DNS rebinding) has no effect."""
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
    """Enables TCP keep-alive, which detects a lost connection while the server is idle."""
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_KEEPIDLE"):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60)
