"""Each mailbox sends through its own server and has its own connections."""

import base64
from collections.abc import AsyncGenerator
from typing import Any
from uuid import uuid4

import pytest

from db.queries.engine.performing import LoadedMailbox
from domain.mailboxes.servers import MailSecurity
from mail.smtp.failures import AuthenticationFailed, ConnectionFailed
from mail.smtp.server import SmtpServer, SmtpTimeouts
from mail.smtp.transport import SmtpTransport, check_login
from services.mailboxes.transports import NoMailServer, Transports
from services.secret_box import SecretBox, SecretUnreadable, new_key
from tests.integration.smtp_servers import (
    Account,
    Sink,
    deliver,
    loopback_tls,
    scripted,
    sink,
    trusting_loopback,
    until,
)

SECRETS = SecretBox([new_key()])
PASSWORD = "correct horse battery staple"
SAM = Account("sam@sender.example", PASSWORD)


def mailbox(port: int | None, security: MailSecurity = "starttls", password: str = PASSWORD) -> LoadedMailbox:
    server = {"host": "127.0.0.1", "port": port, "security": security, "username": "sam@sender.example"}
    # Only the columns by which a server is chosen.
    return LoadedMailbox.model_construct(
        id=uuid4(),
        email="sam@sender.example",
        smtp=server if port else None,
        smtp_password=SECRETS.seal(password) if port else None,
    )


def transports(installation: int | None = None, **options: Any) -> Transports:
    server = SmtpServer("127.0.0.1", installation, security="none") if installation else None
    return Transports(server, SECRETS, **{"allow_private": True, "tls": trusting_loopback(), **options})


@pytest.fixture
async def guarded() -> AsyncGenerator[Sink]:
    """A server that takes mail only after STARTTLS and a login."""
    async with sink(authenticator=SAM, auth_required=True, tls_context=loopback_tls(), require_starttls=True) as one:
        yield one


async def test_a_mailbox_uses_its_own_server_or_else_that_of_the_installation(guarded: Sink) -> None:
    async with sink() as common:
        pools = transports(common.port)
        own, other = mailbox(guarded.port), mailbox(None)
        await deliver(pools.of(own))
        await deliver(pools.of(own))
        await deliver(pools.of(other))
        assert (len(guarded.taken), len(common.taken)) == (2, 1)
        assert guarded.connections == 1
        assert pools.of(own) is pools.of(own) and pools.of(other) is pools.of(mailbox(None))
        assert pools.of(own) is not pools.of(mailbox(guarded.port)), "each mailbox has connections of its own"
        await pools.aclose()
        await until(lambda: guarded.open_now == common.open_now == 0)


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
async def test_tls_from_the_start_works_too() -> None:
    async with sink(security=loopback_tls(), authenticator=SAM, auth_required=True, auth_require_tls=False) as server:
        pools = transports()
        await deliver(pools.of(mailbox(server.port, "tls")))
        assert len(server.taken) == 1
        await pools.aclose()


async def test_changed_settings_replace_the_connections(guarded: Sink) -> None:
    pools = transports()
    before = mailbox(guarded.port)
    await deliver(pools.of(before))
    async with sink() as elsewhere:
        after = before.model_copy(update={"smtp": {**(before.smtp or {}), "port": elsewhere.port, "security": "none"}})
        after = after.model_copy(update={"smtp": {**(after.smtp or {}), "username": ""}, "smtp_password": None})
        await deliver(pools.of(after))
        assert len(elsewhere.taken) == 1
        await until(lambda: guarded.open_now == 0)
    await pools.aclose()


async def test_a_new_password_is_used_at_once(guarded: Sink) -> None:
    pools = transports()
    before = mailbox(guarded.port, password="wrong")
    with pytest.raises(AuthenticationFailed):
        await deliver(pools.of(before))
    await deliver(pools.of(before.model_copy(update={"smtp_password": SECRETS.seal(PASSWORD)})))
    assert len(guarded.taken) == 1
    await pools.aclose()


async def test_the_connections_of_an_unused_mailbox_are_closed(guarded: Sink) -> None:
    pools = transports(forget_after_seconds=0.2)
    own = mailbox(guarded.port)
    first = pools.of(own)
    await deliver(first)
    await until(lambda: guarded.open_now == 0)
    assert pools.of(own) is not first
    await pools.aclose()


async def test_without_any_server_sending_is_refused() -> None:
    with pytest.raises(NoMailServer):
        transports().of(mailbox(None))


async def test_a_password_that_cannot_be_decrypted_is_an_error() -> None:
    sealed = SecretBox([new_key()]).seal(PASSWORD)
    with pytest.raises(SecretUnreadable):
        transports().of(mailbox(25).model_copy(update={"smtp_password": sealed}))


async def failure(server: SmtpServer) -> ConnectionFailed | AuthenticationFailed:
    with pytest.raises((ConnectionFailed, AuthenticationFailed)) as failed:
        await check_login(server, SmtpTimeouts(connect=1.0))
    return failed.value


async def test_each_kind_of_failure_has_its_own_code(guarded: Sink) -> None:
    tls = trusting_loopback()
    async with sink() as plain, scripted(hello="stall") as silent:
        cases = {
            "mail_host_unknown": SmtpServer("nothing.invalid", 25, security="none"),
            "mail_server_timeout": SmtpServer("127.0.0.1", silent.port, security="none"),
            "connection_failed": SmtpServer("127.0.0.1", 1, security="none"),
            "mail_server_address_refused": SmtpServer("localhost", plain.port, security="none", allow_private=False),
            "authentication_failed": SmtpServer("127.0.0.1", guarded.port, "sam@sender.example", "x", tls_context=tls),
        }
        for code, server in cases.items():
            assert (await failure(server)).code == code
        assert plain.connections == 0, "not even reached"
        # An untrusted certificate, and no TLS at all.
        for server in (
            SmtpServer("127.0.0.1", guarded.port),
            SmtpServer("127.0.0.1", plain.port),
            SmtpServer("127.0.0.1", plain.port, security="tls", tls_context=tls),
        ):
            assert (await failure(server)).code == "mail_tls_failed"
        await check_login(
            SmtpServer("127.0.0.1", guarded.port, "sam@sender.example", PASSWORD, tls_context=tls), SmtpTimeouts()
        )


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
async def test_an_error_does_not_contain_a_password_that_the_server_repeats(mechanism: str) -> None:
    plain = f"\0sam@sender.example\0{PASSWORD}"
    forms = [PASSWORD, *(base64.b64encode(one.encode()).decode() for one in (PASSWORD, plain))]
    said = " ".join(["535 5.7.8 no:", *forms, *(f"x{one}x" for one in forms)])
    async with scripted(EHLO=f"250-fine\r\n250 AUTH {mechanism}", AUTH=said) as server:
        failed = await failure(SmtpServer("127.0.0.1", server.port, "sam@sender.example", PASSWORD, security="none"))
    assert failed.code == "authentication_failed" and "5.7.8" in str(failed)
    assert not [form for form in forms if form.rstrip("=") in str(failed)]


async def test_a_transport_shows_no_password() -> None:
    server = SmtpServer("127.0.0.1", 25, "sam", PASSWORD)
    own = mailbox(25)
    shown = [repr(one) for one in (server, SmtpTransport(server), own, transports(), SECRETS)]
    assert not [one for one in shown if PASSWORD in one or (own.smtp_password or "?") in one]
