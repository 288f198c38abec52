"""Real SMTP servers on loopback for tests: one that stores the messages, and one that follows a script."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from mail.smtp.server import SmtpServer, SmtpTimeouts
from mail.smtp.session import SmtpAccepted
from mail.smtp.transport import SmtpTransport

MESSAGE = b"Subject: Hi\r\n\r\nHello\n.\n..two dots\rlast"
SENDER, RECIPIENT = "bo@us.example", "ada.lovelace@them.example"
QUICK = SmtpTimeouts(connect=2.0, command=2.0, final_reply=0.5)


CERTIFICATE = Path(__file__).parent.parent / "data" / "loopback.pem"
"""A self-signed certificate for 127.0.0.1 and localhost, with its key."""


def loopback_tls() -> ssl.SSLContext:
    """The TLS context of a server."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


def trusting_loopback() -> ssl.SSLContext:
    """The TLS context of a client."""
    return ssl.create_default_context(cafile=str(CERTIFICATE))


@dataclass
class Account:
    """The account that may log in (an authenticator of aiosmtpd), and the attempts."""

    username: str
    password: str
    tried: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def __call__(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        given = (data.login.decode(), data.password.decode()) if isinstance(data, LoginPassword) else ("", "")
        self.tried.append(given)
        return AuthResult(success=given == (self.username, self.password), handled=False)


@dataclass
class Sink:
    """A real SMTP server (aiosmtpd) that stores the messages."""

    port: int = 0
    taken: list[bytes] = field(default_factory=list[bytes])
    connections: int = 0
    open_now: int = 0
    most_open: int = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.taken.append(envelope.content)
        return f"250 2.0.0 kept for {envelope.rcpt_tos[0]}"


@asynccontextmanager
async def sink(*, security: ssl.SSLContext | None = None, **options: object) -> AsyncIterator[Sink]:
    kept = Sink()

    class Server(SMTP):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            if self.transport is None:
                kept.connections += 1
                kept.open_now += 1
                kept.most_open = max(kept.most_open, kept.open_now)
            super().connection_made(transport)

        def connection_lost(self, error: Exception | None) -> None:
            kept.open_now -= 1
            super().connection_lost(error)

    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Server(kept, **options), "127.0.0.1", 0, ssl=security)  # pyright: ignore
    kept.port = server.sockets[0].getsockname()[1]
    try:
        yield kept
    finally:
        server.close()


@dataclass
class Scripted:
    """A server that follows a script, and the lines that it received."""

    port: int
    heard: list[bytes]
    connections: int = 0

    @property
    def saw_final_dot(self) -> bool:
        return b"\r\n.\r\n" in b"".join(self.heard)


@asynccontextmanager
async def scripted(**answers: str) -> AsyncIterator[Scripted]:
    """Answers each command with the given text; `drop` closes the connection, `stall` sends nothing. `dot` answers the
    whole message; `body` acts after each line of it. `mail_again` answers the second MAIL of the first connection."""
    given = {
        **{"hello": "220 ready", "EHLO": "250 fine", "MAIL": "250 ok", "RCPT": "250 ok", "DATA": "354 go on"},
        **{"dot": "250 taken", "RSET": "250 ok", "QUIT": "221 bye", "AUTH": "235 ok", "HELO": "250 fine"},
        **answers,
    }
    script = Scripted(0, [])

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        script.connections += 1
        first = script.connections == 1

        async def say(moment: str) -> bool:
            answer = given[moment]
            if answer == "stall":
                await reader.read()
            if answer in ("stall", "drop"):
                return False
            writer.write(answer.encode() + b"\r\n")
            await writer.drain()
            return True

        try:
            going, mails = await say("hello"), 0
            while going and (line := await reader.readline()):
                script.heard.append(line)
                verb = line[:4].decode().upper()
                mails += verb == "MAIL"
                again = verb == "MAIL" and mails > 1 and first and "mail_again" in given
                going = await say("mail_again" if again else verb)
                if going and verb == "DATA" and given["DATA"].startswith("354"):
                    while (line := await reader.readline()) not in (b".\r\n", b""):
                        script.heard.append(line)
                        if "body" in given and not await say("body"):
                            return
                    script.heard.append(line)
                    going = line == b".\r\n" and await say("dot")
        finally:
            writer.close()

    server = await asyncio.start_server(converse, "127.0.0.1", 0)
    script.port = server.sockets[0].getsockname()[1]
    try:
        yield script
    finally:
        server.close()


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.001)


def transport_to(port: int, **options: object) -> SmtpTransport:
    return SmtpTransport(SmtpServer("127.0.0.1", port, security="none"), **{"timeouts": QUICK, **options})  # pyright: ignore


@dataclass
class Check:
    """A last check with a fixed answer, which counts how often it was called."""

    answer: bool | Exception = True
    asked: int = 0

    async def __call__(self) -> bool:
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


async def deliver(transport: SmtpTransport, check: Check | None = None, to: str = RECIPIENT) -> SmtpAccepted:
    return await transport.deliver(MESSAGE, SENDER, to, check or Check())
