"""Parsing inbound mail: replies, auto-replies, bounces, and bytes that are not a message."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mail.capture.replies import build_bounce, build_reply
from mail.compose import Outgoing, compose
from mail.inbound import InboundMail, parse_inbound
from tests.properties import examples

NOW = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
LONG_ID = f"<{'a' * 90}@us.example>"
CAPTURED = compose(
    Outgoing(
        message_id=LONG_ID,
        date=NOW,
        from_name="Bö",
        from_address="bo@us.example",
        to_name="Łukasz, A.",
        to_address="ada@them.example",
        subject="Grüße " + "again and " * 20,
        text="Hi",
        html="<p>Hi</p>",
        thread=["<0@us.example>", "<1@us.example>"],
    )
)


def mail(headers: str, body: str = "Hello") -> InboundMail:
    return parse_inbound(f"From: Ada <Ada@Them.example>\r\n{headers}\r\n\r\n{body}".encode())


def test_a_reply_lists_the_answered_messages_nearest_first() -> None:
    reply = parse_inbound(build_reply(CAPTURED, "Klingt gut — Łukasz", now=NOW))
    assert reply.classification == "reply"
    assert reply.references == (LONG_ID, "<1@us.example>", "<0@us.example>")
    assert (reply.sender, reply.final_recipient, reply.returns_on) == ("ada@them.example", None, None)
    assert reply.text.strip() == "Klingt gut — Łukasz"
    assert reply.subject.startswith("Re: Grüße again and again")


def test_folded_repeated_and_malformed_references_are_read() -> None:
    found = mail("In-Reply-To: <b@x> (your note)\r\nReferences: <a@x>\r\n\t<b@x>  garbage <<c@x> <d d@x>")
    assert found.references == ("<b@x>", "<c@x>", "<a@x>")
    assert mail("Subject: no references").classification == "reply"


def test_an_auto_reply_is_not_a_reply_and_may_name_a_date() -> None:
    away = parse_inbound(build_reply(CAPTURED, "I am away", now=NOW, auto_reply=True, returns_on=date(2026, 12, 1)))
    assert (away.classification, away.returns_on) == ("auto_reply", date(2026, 12, 1))
    assert away.references[0] == LONG_ID
    plain = parse_inbound(build_reply(CAPTURED, "I am away", now=NOW, auto_reply=True))
    assert (plain.classification, plain.returns_on) == ("auto_reply", None)


@pytest.mark.parametrize(
    ("headers", "classification"),
    [
        ("Auto-Submitted: auto-replied", "auto_reply"),
        ("auto-submitted: Auto-Generated; owner=x", "auto_reply"),
        ("Auto-Submitted: no", "reply"),
        ("Auto-Submitted:  NO ", "reply"),
        ("X-Autoreply: yes", "auto_reply"),
        ("X-Autorespond: x", "auto_reply"),
        ("Precedence: auto_reply", "auto_reply"),
        ("Precedence: bulk", "reply"),
        ("Return-Path: <>", "auto_reply"),
        ("Return-Path: <ada@them.example>", "reply"),
        ("Subject: Automatic reply to your question", "reply"),
    ],
)
def test_headers_of_auto_replies_are_recognised(headers: str, classification: str) -> None:
    assert mail(headers).classification == classification


@pytest.mark.parametrize(
    ("text", "returns_on"),
    [
        ("Back on 2026-12-01.", date(2026, 12, 1)),
        ("Away from 2026-11-20 until 2026-12-01", date(2026, 12, 2)),
        ("I return on December 1st, 2026", date(2026, 12, 1)),
        ("back 1. Dec 2026!", date(2026, 12, 1)),
        ("the 3rd of May, 2026", date(2026, 5, 3)),
        ("2026-13-40", None),
        ("February 30, 2026", None),
        ("back on Monday", None),
        ("Away\n> written on 2027-01-01", None),
    ],
)
def test_the_date_in_an_auto_reply_is_read(text: str, returns_on: date | None) -> None:
    assert mail("Auto-Submitted: auto-replied", text).returns_on == returns_on
    assert mail("Subject: hi", text).returns_on is None


@pytest.mark.parametrize(("status", "classification"), [("5.1.1", "hard_bounce"), ("4.2.2", "soft_bounce")])
def test_a_bounce_identifies_the_message_and_the_recipient(status: str, classification: str) -> None:
    bounce = parse_inbound(build_bounce(CAPTURED, now=NOW, status=status))
    assert (bounce.classification, bounce.status, bounce.final_recipient) == (
        classification,
        status,
        "ada@them.example",
    )
    assert bounce.references[0] == LONG_ID


def dsn(fields: str, returned: str = "", report: str = "delivery-status") -> InboundMail:
    return parse_inbound(
        (
            f"From: MAILER-DAEMON@mx.example\nContent-Type: multipart/report; report-type={report}; boundary=b\n\n"
            f"--b\n\nIt failed.\n--b\nContent-Type: message/{report}\n\nReporting-MTA: dns; mx.example\n\n{fields}\n"
            f"{returned}--b--\n"
        ).encode()
    )


def test_a_bounce_with_the_whole_message_is_read() -> None:
    bounce = dsn(
        "Original-Recipient: rfc822;old@them.example\nFinal-Recipient: RFC822; <Ada@Them.example>\nAction: Failed\n"
        "Status: 5.1.1 (unknown)\nDiagnostic-Code: smtp; 550 no",
        "--b\nContent-Type: message/rfc822\n\nMessage-ID: <m@us.example>\nReferences: <0@us.example>\n\nHi\n",
    )
    assert bounce.classification == "hard_bounce" and bounce.status == "5.1.1"
    assert (bounce.references, bounce.final_recipient) == (("<m@us.example>",), "ada@them.example")


@pytest.mark.parametrize(
    ("fields", "classification"),
    [
        ("Final-Recipient: rfc822; a@x.example\nAction: delayed\nStatus: 4.4.7", "unrelated"),
        ("Final-Recipient: rfc822; a@x.example\nAction: delivered\nStatus: 2.0.0", "unrelated"),
        ("Final-Recipient: rfc822; a@x.example\nAction: failed\nStatus: 4.4.7", "soft_bounce"),
        ("Final-Recipient: rfc822; a@x.example\nAction: failed", "hard_bounce"),
        (
            "Action: relayed\nStatus: 2.0.0\n\nFinal-Recipient: rfc822; b@x.example\nAction: failed\nStatus: 5.2.1",
            "hard_bounce",
        ),
    ],
)
def test_only_a_failure_is_a_bounce(fields: str, classification: str) -> None:
    assert dsn(fields).classification == classification


def test_a_read_receipt_is_not_a_reply() -> None:
    assert dsn("Disposition: manual-action; displayed", report="disposition-notification").classification == "unrelated"


def test_text_is_read_from_any_charset_and_from_html() -> None:
    latin = b"From: a@x.example\nContent-Type: text/plain; charset=iso-8859-1\n\nGr\xfc\xdfe"
    unknown = b"From: a@x.example\nContent-Type: text/plain; charset=no-such\n\nGr\xc3\xbc\xc3\x9fe"
    html = b"From: a@x.example\nContent-Type: text/html; charset=utf-8\n\n<style>x</style><p>Gr&uuml;\xc3\x9fe"
    assert [parse_inbound(raw).text for raw in (latin, unknown, html)] == ["Grüße"] * 3


def test_the_event_id_does_not_depend_on_the_way_of_arrival() -> None:
    one = mail("Message-ID: <1@them.example>")
    assert mail("Received: from elsewhere\r\nMessage-ID: <1@them.example>").event_id == one.event_id
    assert mail("Message-ID: <2@them.example>").event_id != one.event_id
    assert mail("Subject: x").event_id == mail("Subject: x").event_id != mail("Subject: y").event_id
    assert len(one.event_id) <= 200


def test_bytes_that_are_not_a_message_are_unrelated() -> None:
    assert parse_inbound(b"").classification == "unrelated"
    assert parse_inbound(b"\x00\xff" * 100).classification == "unrelated"


_SAMPLES = [
    build_reply(CAPTURED, "Hi", now=NOW, auto_reply=True, returns_on=date(2026, 12, 1)),
    build_bounce(CAPTURED, now=NOW),
    CAPTURED,
]
_NOISE = st.sampled_from(
    [
        b"\x00",
        b"\xff\xfe",
        b"=?utf-8?b?!!?=",
        b"=?x?q?=ff?=",
        b"\r\n",
        b"\n\n",
        b'"',
        b";",
        b"charset=",
        b"<",
        b"@",
        b"=",
    ]
) | st.binary(max_size=20)


@examples(500)
@given(
    st.binary(max_size=400) | st.tuples(st.sampled_from(_SAMPLES), st.lists(st.tuples(st.integers(0, 2000), _NOISE)))
)
@example(b"From: =?utf-8?b?!?= <a@\nContent-Type: text/plain; charset*=x''%ff; boundary\nReferences: <\x80@x>\n\n\x80")
@example(b"Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64\n\n--b\nContent-Type: /\n\n!")
@example(b"Content-Type: message/rfc822\n" * 50)
@example(b"Content-Disposition: attachment; filename*0*=\xff\nContent-Transfer-Encoding: uuencode\n\nx")
def test_no_bytes_make_parsing_fail(given_: bytes | tuple[bytes, list[tuple[int, bytes]]]) -> None:
    if isinstance(given_, bytes):
        raw = given_
    else:
        raw, edits = given_
        for position, noise in edits:
            raw = raw[:position] + noise + raw[position + len(noise) :]
    found = parse_inbound(raw)
    for text in (found.text, found.subject, found.sender or "", found.final_recipient or "", *found.references):
        assert "\x00" not in text
        text.encode("utf-8")


@examples(200)
@given(st.binary(max_size=300), st.text(max_size=100))
def test_a_reply_can_be_built_to_any_captured_message(captured: bytes, text: str) -> None:
    # Some of the generated texts are unsubscribe requests or state that they are automatic.
    assert parse_inbound(build_reply(captured, text, now=NOW)).classification in ("reply", "unsubscribe", "auto_reply")
    assert parse_inbound(build_bounce(captured, now=NOW)).classification == "hard_bounce"
