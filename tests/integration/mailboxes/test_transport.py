"""The SMTP transport, against a real server and against scripted servers that fail at each step of a message."""

import asyncio

import pytest

from mail.redaction import redact
from mail.smtp.failures import (
    AuthenticationFailed,
    ConnectionFailed,
    DeliveryFailed,
    MessageRefused,
    OutcomeUnknown,
    RecipientRefused,
    SendWithdrawn,
    TemporarilyRefused,
)
from mail.smtp.server import SmtpServer, SmtpTimeouts
from mail.smtp.transport import SmtpTransport
from tests.integration.smtp_servers import (
    MESSAGE,
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


async def test_messages_arrive_unchanged_over_one_connection() -> None:
    async with sink() as server:
        transport, check = transport_to(server.port), Check()
        for _ in range(3):
            accepted = await deliver(transport, check)
        await transport.aclose()
    assert server.taken == [b"Subject: Hi\r\n\r\nHello\r\n.\r\n..two dots\r\nlast\r\n"] * 3
    assert (server.connections, check.asked) == (1, 3)
    assert accepted.response == "250 2.0.0 kept for [address]"


@pytest.mark.parametrize("answer", [False, RuntimeError("the database is gone")])
async def test_a_withdrawn_message_is_not_sent(answer: bool | Exception) -> None:
    async with sink() as server, scripted() as script:
        for port in (server.port, script.port):
            transport, check = transport_to(port), Check(answer)
            with pytest.raises(SendWithdrawn) as caught:
                await deliver(transport, check)
            assert check.asked == 1
            assert caught.value.__cause__ is (answer if isinstance(answer, Exception) else None)
            # The connection was dropped with the message. The next message uses a new one.
            await deliver(transport)
            await transport.aclose()
    assert len(server.taken) == 1 and server.connections == 2
    assert b"".join(script.heard).count(b"\r\n.\r\n") == 1


async def test_the_last_check_comes_after_the_body_and_before_the_dot() -> None:
    async with scripted() as script:

        async def check() -> bool:
            await until(lambda: b"last\r\n" in script.heard)
            return not script.saw_final_dot

        transport = transport_to(script.port)
        await transport.deliver(MESSAGE, SENDER, RECIPIENT, check)
        await transport.aclose()
    assert script.saw_final_dot


async def test_a_cancelled_last_check_sends_nothing() -> None:
    async with scripted() as script:
        asked = asyncio.Event()

        async def check() -> bool:
            asked.set()
            await asyncio.Event().wait()
            return True

        transport = transport_to(script.port)
        sending = asyncio.create_task(transport.deliver(MESSAGE, SENDER, RECIPIENT, check))
        await asked.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        await deliver(transport)
        await transport.aclose()
    assert script.connections == 2 and b"".join(script.heard).count(b"\r\n.\r\n") == 1


REFUSALS = [
    ("hello", "421 4.3.2 shutting down", TemporarilyRefused, 421, "4.3.2"),
    ("hello", "554 go away", ConnectionFailed, 554, None),
    ("MAIL", "451 4.7.1 greylisted", TemporarilyRefused, 451, "4.7.1"),
    ("MAIL", "421 4.7.0 too many", TemporarilyRefused, 421, "4.7.0"),
    ("MAIL", "550 5.1.8 sender's domain is bad", MessageRefused, 550, "5.1.8"),
    ("MAIL", "530 5.7.0 authenticate first", AuthenticationFailed, 530, "5.7.0"),
    ("RCPT", "450 4.2.1 mailbox busy", TemporarilyRefused, 450, "4.2.1"),
    ("RCPT", "550 5.1.1 ada.lovelace@them.example: no such user", RecipientRefused, 550, "5.1.1"),
    ("RCPT", "550 who?", RecipientRefused, 550, None),
    ("RCPT", "550 5.7.1 your address is on a list", MessageRefused, 550, "5.7.1"),
    ("DATA", "451 4.3.0 try later", TemporarilyRefused, 451, "4.3.0"),
    ("DATA", "554 5.5.1 no valid recipients", MessageRefused, 554, "5.5.1"),
    ("dot", "452 4.3.1 disk full", TemporarilyRefused, 452, "4.3.1"),
    ("dot", "554 5.7.1 looks like spam", MessageRefused, 554, "5.7.1"),
    ("dot", "550 5.2.1 mailbox disabled", RecipientRefused, 550, "5.2.1"),
    ("dot", "552 too large", MessageRefused, 552, None),
]


@pytest.mark.parametrize(("moment", "answer", "kind", "code", "enhanced"), REFUSALS)
async def test_each_refusal_raises_the_right_error(
    moment: str, answer: str, kind: type[DeliveryFailed], code: int, enhanced: str | None
) -> None:
    async with scripted(**{moment: answer}) as script:
        transport, check = transport_to(script.port), Check()
        with pytest.raises(DeliveryFailed) as caught:
            await deliver(transport, check)
        await transport.aclose()
    error = caught.value
    assert (type(error), error.smtp_code, error.enhanced) == (kind, code, enhanced)
    assert check.asked == (moment == "dot")
    assert "them.example" not in error.detail and "ada" not in error.detail and error.__cause__ is None


@pytest.mark.parametrize("moment", ["hello", "EHLO", "MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("how", ["drop", "stall"])
async def test_a_failure_before_the_final_dot_means_not_sent(moment: str, how: str) -> None:
    quick = SmtpTimeouts(connect=0.3, command=0.3, final_reply=0.3)
    async with scripted(**{moment: how}) as script:
        transport, check = transport_to(script.port, timeouts=quick), Check()
        with pytest.raises(ConnectionFailed):
            await deliver(transport, check)
        await transport.aclose()
    assert check.asked == 0 and not script.saw_final_dot


async def test_a_connection_lost_during_the_last_check_means_not_sent() -> None:
    async with scripted(body="drop") as script:

        async def check() -> bool:
            await until(lambda: b"Subject: Hi\r\n" in script.heard)
            await asyncio.sleep(0.2)  # until the end of the connection has arrived over loopback
            return True

        transport = transport_to(script.port)
        with pytest.raises(ConnectionFailed):
            await transport.deliver(MESSAGE, SENDER, RECIPIENT, check)
        await transport.aclose()
    assert not script.saw_final_dot


async def test_a_server_that_stops_reading_fails_before_the_last_check() -> None:
    quick = SmtpTimeouts(connect=0.5, command=0.5, final_reply=0.5)
    stopped = asyncio.Event()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in (b"220 hi", b"250 a", b"250 b", b"250 c", b"354 go"):
            writer.write(answer + b"\r\n")
            await (reader.readline() if answer != b"354 go" else stopped.wait())
        writer.close()

    server = await asyncio.start_server(converse, "127.0.0.1", 0, limit=1024)
    transport, check = transport_to(server.sockets[0].getsockname()[1], timeouts=quick), Check()
    with pytest.raises(ConnectionFailed):
        await transport.deliver(b"x" * 70 + b"\r\n" + (b"y" * 70 + b"\r\n") * 500_000, SENDER, RECIPIENT, check)
    stopped.set()
    server.close()
    await transport.aclose()
    assert check.asked == 0


@pytest.mark.parametrize("answer", ["drop", "stall", "999 what", "354 more", "gibberish"])
async def test_no_valid_answer_after_the_final_dot_means_unknown(answer: str) -> None:
    async with scripted(dot=answer) as script:
        transport, check = transport_to(script.port), Check()
        with pytest.raises(OutcomeUnknown) as caught:
            await deliver(transport, check)
        await transport.aclose()
    assert caught.value.code == "outcome_unknown" and check.asked == 1
    # No second attempt: the server may have accepted the message.
    assert script.connections == 1 and script.saw_final_dot


async def test_a_server_that_cannot_be_reached_is_a_connection_failure() -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    with pytest.raises(ConnectionFailed):
        await deliver(transport_to(port))
    with pytest.raises(ConnectionFailed):
        await deliver(SmtpTransport(SmtpServer("nowhere.invalid", 25, security="none"), timeouts=QUICK))


@pytest.mark.parametrize(
    "bad", ["josé@them.example", "a@b.example> SIZE=1", "Ada <a@b.example>", "a@b.example\r\nRSET", ""]
)
async def test_addresses_that_smtp_cannot_carry_are_refused(bad: str) -> None:
    async with scripted() as script:
        transport, check = transport_to(script.port), Check()
        with pytest.raises(RecipientRefused):
            await deliver(transport, check, to=bad)
        with pytest.raises(MessageRefused):
            await transport.deliver(MESSAGE, bad, RECIPIENT, check)
        await transport.aclose()
    assert check.asked == 0 and not any(line.startswith((b"MAIL", b"RCPT", b"DATA")) for line in script.heard)


def test_redaction_masks_every_address() -> None:
    said = "5.1.1 <Ada.Lovelace@them.example>:\r\n user ada.lovelace unknown; see bo@us.example"
    assert redact(said, "ada.lovelace") == "5.1.1 <[address]>: user [redacted] unknown; see [address]"
    assert len(redact("x" * 5000)) == 300
