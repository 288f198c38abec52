"""The connections of a transport: they are shared, replaced when stale, closed when idle, and use TLS and a login."""

import asyncio
import ssl
from dataclasses import replace
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from mail.smtp.failures import AuthenticationFailed, ConnectionFailed, RecipientRefused
from mail.smtp.server import SmtpServer
from mail.smtp.transport import SmtpTransport
from tests.integration.smtp_servers import (
    QUICK,
    RECIPIENT,
    SENDER,
    Check,
    deliver,
    scripted,
    sink,
    transport_to,
    until,
)

CERTIFICATE = Path(__file__).parents[2] / "data" / "loopback.pem"


@pytest.mark.parametrize("how", ["drop", "421 4.4.2 idle for too long"])
async def test_a_stale_connection_is_replaced(how: str) -> None:
    async with scripted(mail_again=how) as script:
        transport, check = transport_to(script.port), Check()
        await deliver(transport, check)
        await deliver(transport, check)
        await transport.aclose()
    assert (script.connections, check.asked) == (2, 2)
    assert b"".join(script.heard).count(b"\r\n.\r\n") == 2


async def test_a_refusal_keeps_the_connection() -> None:
    async with scripted(RCPT="550 5.1.1 no") as script:
        transport = transport_to(script.port)
        for _ in range(3):
            with pytest.raises(RecipientRefused):
                await deliver(transport)
        await transport.aclose()
    assert script.connections == 1 and script.heard.count(b"RSET\r\n") == 3


async def test_concurrent_messages_share_few_connections_and_all_arrive() -> None:
    async with sink() as server:
        transport = transport_to(server.port, max_open=5, max_idle=2)
        bodies = [f"Subject: {n}\r\n\r\n.{n}\r\n".encode() for n in range(60)]
        await asyncio.gather(*(transport.deliver(body, SENDER, RECIPIENT, Check()) for body in bodies))
        await transport.aclose()
        assert sorted(server.taken) == sorted(bodies)
        assert server.most_open <= 5 + 1  # one may still be closing when the next one opens
        await until(lambda: not server.open_now)


async def test_idle_connections_and_those_of_a_closed_transport_are_closed() -> None:
    async with sink() as server:
        transport = transport_to(server.port, idle_seconds=0.05)
        await deliver(transport)
        await until(lambda: not server.open_now)
        await deliver(transport)
        await transport.aclose()
        await deliver(transport)
        await until(lambda: not server.open_now)
    assert server.connections == 3


def login(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
    return AuthResult(success=data == LoginPassword(b"bo", b"secret"), handled=False)


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_tls_and_login(security: str) -> None:
    ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ours.load_cert_chain(CERTIFICATE)
    options: dict[str, object] = {"authenticator": login, "auth_required": True}
    if security == "starttls":
        options |= {"tls_context": ours, "require_starttls": True}
    else:
        options |= {"auth_require_tls": False}
    theirs = ssl.create_default_context(cafile=str(CERTIFICATE))
    async with sink(security=ours if security == "tls" else None, **options) as server:
        mailbox = SmtpServer("127.0.0.1", server.port, "bo", "secret", security, theirs)  # pyright: ignore
        transport = SmtpTransport(mailbox, timeouts=QUICK)
        await deliver(transport)
        await transport.aclose()
        for wrong in (replace(mailbox, password="wrong"), replace(mailbox, username=None)):
            with pytest.raises(AuthenticationFailed):
                await deliver(SmtpTransport(wrong, timeouts=QUICK))
        with pytest.raises(ConnectionFailed):
            await deliver(SmtpTransport(replace(mailbox, tls_context=None), timeouts=QUICK))
    assert len(server.taken) == 1
    assert "secret" not in repr(mailbox)


async def test_a_server_without_the_required_tls_or_login_is_not_used() -> None:
    async with sink() as server:
        bare = SmtpServer("127.0.0.1", server.port, security="starttls")
        with pytest.raises(ConnectionFailed):
            await deliver(SmtpTransport(bare, timeouts=QUICK))
        with pytest.raises(AuthenticationFailed):
            await deliver(SmtpTransport(replace(bare, security="none", username="bo"), timeouts=QUICK))
    assert server.taken == []
