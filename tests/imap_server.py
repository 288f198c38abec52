"""A real IMAP server (pymap, in memory) on a free loopback port, with functions that change an inbox.

Messages are delivered with APPEND on a separate IMAP connection.
"""

import asyncio
import imaplib
import socket
import ssl
from argparse import Namespace
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from proxyprotocol.sock import SocketInfo
from pymap.backend.dict import Config, DictBackend, Identity, Login
from pymap.config import BackendCapability
from pymap.imap import IMAPServer
from pymap.user import Passwords, UserMetadata

from cadenza.embedded.ports import LOOPBACK
from mail.imap import ImapServer, ImapTimeouts

CERTIFICATE = Path(__file__).parent / "data" / "loopback.pem"
PASSWORD = "correct horse"
QUICK = ImapTimeouts(connect=5.0, silence=5.0, idle=20.0, poll=0.2)
"""For a server that may hang."""
PATIENT = ImapTimeouts(connect=60.0, silence=60.0, idle=20.0, poll=0.2)
"""For one that answers, on a machine that may be busy."""


class _Config(Config):
    idle = True

    @property
    def backend_capability(self) -> BackendCapability:
        return BackendCapability(idle=self.idle, object_id=True, multi_append=True)


class _ConfigWithoutIdle(_Config):
    idle = False


@dataclass
class TestImap:
    """`connections`: the open ones. `made`: the number of connections that were ever opened."""

    __test__ = False

    port: int
    config: Config
    backend: DictBackend
    _server: asyncio.Server | None = None
    connections: set[asyncio.StreamWriter] = field(default_factory=set[asyncio.StreamWriter])
    made: int = 0

    async def account(self) -> str:
        """Creates a user with an empty inbox and PASSWORD; returns the user name."""
        user = f"u{uuid4().hex[:10]}@sender.example"
        hashed = await Passwords(self.config).hash_password(PASSWORD)
        identity = Identity(user, self.backend.login, None, frozenset())
        await identity.set(UserMetadata(self.config, user, password=hashed))
        return user

    def server(self, user: str, **changes: Any) -> ImapServer:
        values = {"host": LOOPBACK, "port": self.port, "username": user, "password": PASSWORD, "security": "none"}
        return ImapServer(**{**values, "allow_private": True, **changes})

    async def append(self, user: str, *messages: bytes, folder: str = "INBOX", at: datetime | None = None) -> None:
        await asyncio.to_thread(self._append, user, messages, folder, at)

    def _append(self, user: str, messages: Sequence[bytes], folder: str, at: datetime | None) -> None:
        with imaplib.IMAP4(LOOPBACK, self.port) as client:
            client.login(user, PASSWORD)
            if folder != "INBOX":
                client.create(folder)
            # imaplib writes in small pieces. With Nagle's algorithm each would wait for the last one to be
            # acknowledged.
            client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            when = imaplib.Time2Internaldate(at or datetime.now(UTC))
            for message in messages:
                status, answer = client.append(folder, "", when, message)
                assert status == "OK", answer

    async def flags(self, user: str) -> list[bytes]:
        """Returns the server's FETCH responses with the flags of each message in the inbox."""

        def ask() -> list[bytes]:
            with imaplib.IMAP4(LOOPBACK, self.port) as client:
                client.login(user, PASSWORD)
                client.select("INBOX", readonly=True)
                return [part for part in client.fetch("1:*", "(FLAGS)")[1] if isinstance(part, bytes)]

        return await asyncio.to_thread(ask)

    def forget(self, user: str) -> None:
        """Empties the account and changes its UIDVALIDITY, as after a restore of the mail server."""
        self.config.set_cache.pop(user)

    def cut(self) -> None:
        """Aborts every connection."""
        for writer in list(self.connections):
            writer.transport.abort()

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        self._server = None

    async def start(self) -> None:
        """Starts the server, after `stop` on the same port and with the same messages."""
        serve = IMAPServer(self.backend.login, self.config)

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.connections.add(writer)
            self.made += 1
            try:
                await serve(reader, writer, SocketInfo.get(writer, None))
            except ConnectionError:
                pass
            finally:
                self.connections.discard(writer)

        # pymap uses context variables, which each connection inherits from this context.
        context = copy_context()
        context.run(self.config.apply_context)
        starting = context.run(asyncio.create_task, asyncio.start_server(connected, LOOPBACK, self.port))
        self._server = await starting
        self.port = self._server.sockets[0].getsockname()[1]


@asynccontextmanager
async def imap_server(*, idle: bool = True, starttls: bool = False) -> AsyncGenerator[TestImap]:
    args = Namespace(
        host=None, port="0", debug=False, cert=str(CERTIFICATE), key=None, tls=starttls, proxy_protocol=None,
        passlib_cfg=None, inherited_sockets=None, demo_data=False, demo_user="nobody", demo_password="nothing",
    )  # fmt: skip
    config = (_Config if idle else _ConfigWithoutIdle).from_args(args)
    one = TestImap(0, config, DictBackend(Login(config), config))
    await one.start()
    try:
        yield one
    finally:
        if one._server is not None:
            await one.stop()


def trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(CERTIFICATE))
