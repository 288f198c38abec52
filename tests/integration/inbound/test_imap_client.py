"""The IMAP client, against a real server and against a scripted one."""

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cadenza.embedded.ports import LOOPBACK
from mail.imap import (
    ImapAuthenticationFailed,
    ImapConnectionFailed,
    ImapFolderMissing,
    ImapProtocolError,
    ImapServer,
    ImapSession,
    ImapTimeouts,
)
from tests.imap_server import CERTIFICATE, PASSWORD, QUICK, TestImap, imap_server, trusting

LETTER = b"From: a@x.example\r\nSubject: Hi\r\n\r\nHello\r\n"
BROKEN = b'From: \xff\xfe <a@x\r\nSubject: =?utf-8?q?=FF\r\n\tfolded\r\n(\r\n \x80{5}\r\n* BYE\r\n"\\'


@pytest.fixture(scope="module")
async def imap() -> AsyncGenerator[TestImap]:
    async with imap_server() as one:
        yield one


async def test_messages_are_fetched_unchanged_and_stay_unread(imap: TestImap) -> None:
    user = await imap.account()
    large = b"Subject: large\r\n\r\n" + b"x" * 300_000
    await imap.append(user, LETTER, BROKEN, large)
    async with ImapSession.open(imap.server(user), QUICK) as session:
        folder = await session.examine("INBOX")
        uids = await session.uids_after(0)
        assert folder.uid_next == uids[-1] + 1
        assert await session.uids_after(uids[0]) == uids[1:]
        # `n:*` always includes the last message, even if it is not new.
        assert await session.uids_after(uids[-1]) == []
        assert (await session.sizes(uids))[uids[2]] == len(large)
        fetched = {one.uid: one.raw for one in await session.fetch([*uids, 99_999], 1_000_000)}
        assert fetched == dict(zip(uids, [LETTER, BROKEN, large], strict=True))
        [beginning] = await session.fetch(uids[2:], 20)
        assert beginning.raw == large[:20]
    assert all(rb"\Seen" not in row for row in await imap.flags(user))


async def test_only_messages_since_a_day_are_found(imap: TestImap) -> None:
    user, now = await imap.account(), datetime.now(UTC)
    await imap.append(user, LETTER, at=now - timedelta(days=9))
    await imap.append(user, LETTER, LETTER, at=now)
    async with ImapSession.open(imap.server(user), QUICK) as session:
        await session.examine("INBOX")
        uids = await session.uids_after(0)
        assert await session.uids_after(0, (now - timedelta(days=2)).date()) == uids[1:]


async def test_idle_ends_when_a_message_arrives(imap: TestImap) -> None:
    user = await imap.account()
    async with ImapSession.open(imap.server(user), QUICK) as session:
        await session.examine("INBOX")
        assert session.can_idle
        await session.uids_after(0)
        waiting = asyncio.create_task(session.wait())
        await imap.append(user, LETTER)
        await asyncio.wait_for(waiting, 10)
        assert session.has_news
        assert len(await session.uids_after(0)) == 1
        assert not session.has_news


async def test_a_server_without_idle_is_polled() -> None:
    async with imap_server(idle=False) as imap:
        user = await imap.account()
        async with ImapSession.open(imap.server(user), QUICK) as session:
            await session.examine("INBOX")
            assert not session.can_idle
            await session.wait()
            assert not session.has_news or await session.uids_after(0) == []
            await imap.append(user, LETTER)
            await session.wait()
            assert session.has_news


async def test_starttls_is_required_and_checked() -> None:
    async with imap_server(starttls=True) as imap:
        user = await imap.account()
        server = imap.server(user, security="starttls", tls_context=trusting())
        large = b"Subject: large\r\n\r\n" + b"x" * 3_000_000
        await imap.append(user, large)
        async with ImapSession.open(server, QUICK) as session:
            await session.examine("INBOX")
            [fetched] = await session.fetch(await session.uids_after(0), 10_000_000)
            assert fetched.raw == large
        # The system does not trust the server's certificate.
        with pytest.raises(ImapConnectionFailed):
            async with ImapSession.open(imap.server(user, security="starttls"), QUICK):
                pass
    async with imap_server() as plain:
        with pytest.raises(ImapProtocolError, match="STARTTLS"):
            async with ImapSession.open(plain.server(user, security="starttls", tls_context=trusting()), QUICK):
                pass


async def test_wrong_password_and_missing_folder_raise_their_own_errors(imap: TestImap) -> None:
    user = await imap.account()
    with pytest.raises(ImapAuthenticationFailed) as refused:
        async with ImapSession.open(imap.server(user, password="wrong password"), QUICK):
            pass
    assert user not in str(refused.value) and "wrong password" not in str(refused.value)
    with pytest.raises(ImapFolderMissing):
        async with ImapSession.open(imap.server(user), QUICK) as session:
            await session.examine("Nicht da & größer")


async def test_a_folder_with_a_non_ascii_name_is_opened(imap: TestImap) -> None:
    user = await imap.account()
    await imap.append(user, LETTER, folder='"Entw&APw-rfe &- mehr"')
    async with ImapSession.open(imap.server(user), QUICK) as session:
        await session.examine("Entwürfe & mehr")
        assert len(await session.uids_after(0)) == 1


async def test_a_server_that_is_down_unknown_private_or_without_tls_is_a_connection_failure(imap: TestImap) -> None:
    user = await imap.account()
    for server in (
        imap.server(user, port=1),
        imap.server(user, host="no-such-host.invalid"),
        imap.server(user, allow_private=False),
        imap.server(user, security="tls"),
    ):
        with pytest.raises(ImapConnectionFailed):
            async with ImapSession.open(server, QUICK):
                pass


async def test_idle_fails_at_once_when_the_connection_is_lost(imap: TestImap) -> None:
    user = await imap.account()
    with pytest.raises(ImapConnectionFailed):
        async with ImapSession.open(imap.server(user), QUICK) as session:
            await session.examine("INBOX")
            await session.uids_after(0)
            waiting = asyncio.create_task(session.wait())
            await asyncio.sleep(0.2)
            imap.cut()
            await asyncio.wait_for(waiting, 3)


def test_a_password_is_not_shown() -> None:
    assert PASSWORD not in repr(ImapServer(LOOPBACK, 1, "u", PASSWORD))


# A scripted server, for responses that pymap never sends.

GREETING = b"* OK hello\r\n"


@asynccontextmanager
async def scripted(
    *answers: bytes, greeting: bytes = GREETING, tls: ssl.SSLContext | None = None
) -> AsyncGenerator[tuple[ImapServer, list[bytes]]]:
    """Answers each line with the next item of `answers`, in which `TAG` is replaced by the line's tag. Yields the
    server and the list of received lines."""
    heard: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        for answer in answers:
            line = await reader.readline()
            heard.append(line)
            writer.write(answer.replace(b"TAG", line.split(b" ")[0]))
            await writer.drain()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(talk, LOOPBACK, 0, ssl=tls)
    try:
        port = server.sockets[0].getsockname()[1]
        yield ImapServer(LOOPBACK, port, 'we"ird\\user', PASSWORD, security="none", allow_private=True), heard
    finally:
        server.close()


def capable(*words: str) -> bytes:
    return b"* CAPABILITY IMAP4rev1 " + " ".join(words).encode() + b"\r\nTAG OK done\r\n"


OK = b"TAG OK done\r\n"
OPENED = b"* 3 EXISTS\r\n* OK [UIDVALIDITY 7] fine\r\n* OK [UIDNEXT 12] more\r\nTAG OK [READ-ONLY] done\r\n"
LOGGED_IN = (capable(), OK, capable())
SHORT = ImapTimeouts(connect=0.5, silence=0.5, idle=0.5, poll=0.1)


async def test_login_arguments_are_quoted_and_plain_is_preferred() -> None:
    async with scripted(*LOGGED_IN) as (server, heard), ImapSession.open(server, SHORT):
        assert heard[1] == b'C2 LOGIN "we\\"ird\\\\user" "correct horse"\r\n'
    plain = (capable("AUTH=PLAIN"), b"+ \r\n", b"* OK x\r\nC2 OK in\r\n", capable())
    async with scripted(*plain) as (server, heard), ImapSession.open(server, SHORT):
        assert heard[1] == b"C2 AUTHENTICATE PLAIN\r\n" and PASSWORD.encode() not in b"".join(heard)


async def test_no_password_is_sent_to_a_server_that_disables_login() -> None:
    async with scripted(capable("LOGINDISABLED")) as (server, heard):
        with pytest.raises(ImapAuthenticationFailed):
            async with ImapSession.open(server, SHORT):
                pass
        assert len(heard) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"TAG NO [AUTHENTICATIONFAILED] no\r\n", ImapAuthenticationFailed),
        (b"TAG NO wrong\r\n", ImapAuthenticationFailed),
        (b"TAG NO [UNAVAILABLE] later\r\n", ImapConnectionFailed),
        (b"* BYE too many\r\n", ImapConnectionFailed),
        (b"", ImapConnectionFailed),
        (b"* X {99999999999}\r\n", ImapConnectionFailed),
        (b"* X {4000000000}\r\n", ImapProtocolError),
    ],
)
async def test_each_answer_to_a_login_raises_the_right_error(answer: bytes, error: type[Exception]) -> None:
    async with scripted(capable(), answer) as (server, _):
        with pytest.raises(error):
            async with ImapSession.open(server, SHORT):
                pass


async def test_tls_from_the_start() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    async with scripted(*LOGGED_IN, tls=context) as (server, heard):
        secured = replace(server, security="tls", tls_context=trusting())
        async with ImapSession.open(secured, SHORT):
            assert b"LOGIN" in heard[1]
        with pytest.raises(ImapConnectionFailed):
            async with ImapSession.open(replace(secured, tls_context=None), SHORT):
                pass


async def test_unencrypted_data_after_starttls_is_refused() -> None:
    async with scripted(b"TAG OK go\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n") as (server, _):
        secured = replace(server, security="starttls", tls_context=trusting())
        with pytest.raises(ImapProtocolError, match="unencrypted"):
            async with ImapSession.open(secured, SHORT):
                pass


async def test_unusual_fetch_responses_are_parsed() -> None:
    rows = (
        b'* 1 FETCH (UID 1 BODY[]<0> "quoted \\"body\\"")\r\n'
        b"* 2 FETCH (FLAGS (\\Seen $Odd[]) BODY[]<0> ~{4}\r\nab\x00d UID 2)\r\n"
        b"* 3 FETCH (UID 3 BODY[]<0> NIL)\r\n"
        b"* 9 FETCH (UID 99 BODY[]<0> {1}\r\nx)\r\n"
        b"* 4 FETCH (FLAGS (\\Seen))\r\n"
        b"* 4 FETCH (UID 4 BODY[] {0}\r\n)\r\n"
        b"* 5 FETCH ((((\r\n* 6 FETCH )\r\n* \xff\r\n* 7 EXPUNGE\r\n"
        b"* 8 FETCH (UID 8 FLAGS ())\r\n"
        b"TAG OK done\r\n"
    )
    async with scripted(*LOGGED_IN, OPENED, rows) as (server, _), ImapSession.open(server, SHORT) as session:
        assert (await session.examine("INBOX")).uid_validity == 7
        fetched = {one.uid: one.raw for one in await session.fetch([1, 2, 3, 4, 5, 8], 100)}
    assert fetched == {1: b'quoted "body"', 2: b"ab\x00d", 3: None, 4: b"", 8: None}


async def test_thousands_of_responses_at_once_are_read() -> None:
    rows = b"".join(b"* %d FETCH (UID %d RFC822.SIZE 10)\r\n" % (n, n) for n in range(1, 5001))
    async with scripted(*LOGGED_IN, OPENED, rows + OK) as (server, _), ImapSession.open(server, SHORT) as session:
        await session.examine("INBOX")
        assert len(await session.sizes(range(1, 5001))) == 5000


@pytest.mark.parametrize(
    "endless",
    [b"* 1 EXPUNGE\r\n" * 300_000, b"* OK {0}\r\n" + b"{0}\r\n" * 300_000],
    ids=["responses", "parts of one response"],
)
async def test_a_response_without_end_is_refused(endless: bytes) -> None:
    """A tenant chooses the server, and everything is kept in memory until the response is complete."""
    async with scripted(*LOGGED_IN, OPENED, endless) as (server, _), ImapSession.open(server, QUICK) as session:
        await session.examine("INBOX")
        with pytest.raises(ImapProtocolError, match="too much"):
            await session.uids_after(0)


@pytest.mark.parametrize(
    "answers",
    [(b"",), (b"+ idling\r\n", b""), (b"TAG BAD what\r\n",), (b"* OK still\r\n",)],
    ids=["silent", "silent after the start", "refused", "only untagged responses"],
)
async def test_a_failing_idle_ends_with_an_error(answers: tuple[bytes, ...]) -> None:
    async with scripted(capable("IDLE"), OK, capable("IDLE"), OPENED, OK, *answers) as (server, _):
        with pytest.raises((ImapConnectionFailed, ImapProtocolError)):
            async with ImapSession.open(server, SHORT) as session:
                await session.examine("INBOX")
                await session.uids_after(11)
                await asyncio.wait_for(session.wait(), 5)


async def test_a_message_announced_with_the_start_of_idle_is_noticed() -> None:
    talk = (b"+ idling\r\n* 4 EXISTS\r\n* 1 FETCH (FLAGS (\\Seen))\r\n", b"C6 OK done\r\n")
    slow = ImapTimeouts(connect=5, silence=5, idle=60)
    script = (capable("IDLE"), OK, capable("IDLE"), OPENED, OK, *talk)
    async with scripted(*script) as (server, heard), ImapSession.open(server, slow) as session:
        await session.examine("INBOX")
        await session.uids_after(11)
        await asyncio.wait_for(session.wait(), 5)
        assert session.has_news and heard[-1] == b"DONE\r\n"
