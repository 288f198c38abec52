"""Composed messages are read back with the standard library's parser, as a receiver would."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr, parsedate_to_datetime
from typing import cast
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import AddressInvalid, DomainError, HeaderInjection, Invalid
from mail.addresses import normalise_address
from mail.compose import Outgoing, compose, new_message_id, reply_subject, thread_headers
from mail.html.text import html_to_text
from tests.properties import examples

MESSAGE = Outgoing(
    message_id="<1@us.example>",
    date=datetime(2026, 3, 4, 9, 30, tzinfo=UTC),
    from_address="bo@us.example",
    from_name="Bo",
    to_address="ada@them.example",
    subject="Hello",
    text="Hi Ada",
)


def read(message: Outgoing) -> EmailMessage:
    raw = compose(message)
    head, _, body = raw.partition(b"\r\n\r\n")
    assert b"\n" not in head.replace(b"\r\n", b"") and b"\n" not in body.replace(b"\r\n", b"")
    assert raw.isascii() and max(map(len, raw.split(b"\r\n"))) <= 998
    return cast(EmailMessage, message_from_bytes(raw, policy=default))


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def test_a_text_message_has_the_headers_it_needs() -> None:
    email = read(MESSAGE)
    assert email["From"] == "Bo <bo@us.example>" and email["To"] == "ada@them.example"
    assert (email["Subject"], email["Message-ID"], email["MIME-Version"]) == ("Hello", "<1@us.example>", "1.0")
    assert parsedate_to_datetime(email["Date"]) == MESSAGE.date
    assert email.get_content_type() == "text/plain" and email["References"] is None and email["Bcc"] is None
    assert body(email, "plain").strip() == "Hi Ada"


def test_text_and_html_are_alternatives_with_text_first() -> None:
    email = read(replace(MESSAGE, text="Grüße\n.\n..dots\nFrom me", html="<p>Grüße</p>"))
    assert email.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in email.iter_parts()] == ["text/plain", "text/html"]
    assert body(email, "plain").splitlines() == ["Grüße", ".", "..dots", "From me"]
    assert body(email, "html").strip() == "<p>Grüße</p>"


def test_html_alone_gets_a_readable_text() -> None:
    html = "<style>p{}</style><p>Hi&nbsp;Ada,<br>see <a href='https://us.example/x'>this</a></p><ul><li>one<li>two</ul>"
    email = read(replace(MESSAGE, text="", html=html))
    assert body(email, "plain").strip() == "Hi Ada,\nsee this (https://us.example/x)\n\n- one\n- two"


def test_a_reply_references_the_whole_thread() -> None:
    thread = [f"<{n}-{'x' * 120}@us.example>" for n in range(30)]
    email = read(replace(MESSAGE, thread=thread))
    assert email["In-Reply-To"] == thread[-1]
    assert str(email["References"]).split() == thread
    assert thread_headers(thread)["References"] == " ".join(thread) and thread_headers([]) == {}


def test_additional_headers_are_not_broken() -> None:
    url = f"<https://us.example/u/{'q' * 300}>"
    email = read(replace(MESSAGE, headers={"List-Unsubscribe": url, "X-Note": "Grüße"}))
    assert (email["List-Unsubscribe"], email["X-Note"]) == (url, "Grüße")
    for name in ("Subject", "from", "Content-Type", "X Y", "", "X:"):
        with pytest.raises(Invalid):
            compose(replace(MESSAGE, headers={name: "x"}))


ONE_LINE = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Zs"], include_characters=" "), max_size=200
)


@examples(300)
@given(subject=ONE_LINE, name=ONE_LINE)
def test_any_subject_and_name_arrive_unchanged(subject: str, name: str) -> None:
    raw = compose(replace(MESSAGE, subject=subject, from_name=name, to_name=name))
    # Use the older parser: the newer one inserts a space between two encoded words of a name (RFC 2047 section 6.2).
    email = message_from_bytes(raw)
    assert decoded(email["Subject"]).split() == subject.split()
    for header, address in (("From", MESSAGE.from_address), ("To", MESSAGE.to_address)):
        shown, found = parseaddr(email[header])
        assert (decoded(shown).split(), found) == (name.split(), address)


def decoded(value: str) -> str:
    return str(make_header(decode_header(value)))


@pytest.mark.parametrize("break_", ["\r\n", "\n", "\r", "\x00"])
@pytest.mark.parametrize("field", ["subject", "from_name", "to_name", "from_address", "to_address", "message_id"])
def test_a_line_break_in_a_header_is_refused(field: str, break_: str) -> None:
    bad = replace(MESSAGE, **{field: f"Ada{break_}Bcc: victim@example.org"})
    with pytest.raises(HeaderInjection) as caught:
        compose(bad)
    assert caught.value.code == "header_injection"
    for other in (replace(MESSAGE, headers={"X-Y": f"a{break_}b"}), replace(MESSAGE, thread=[f"<a{break_}@b>"])):
        with pytest.raises(HeaderInjection):
            compose(other)


@examples(200)
@given(st.text(max_size=300), st.text(max_size=300))
def test_no_text_crashes_or_adds_a_header(text: str, subject: str) -> None:
    try:
        email = read(replace(MESSAGE, text=text, html=f"<p>{text}</p>", subject=subject))
    except DomainError:
        return
    assert len(email.keys()) == 7


def test_international_addresses_are_encoded_or_refused() -> None:
    email = read(replace(MESSAGE, from_address="bo@exämple.example", from_name="Müller, Bo"))
    assert email["From"].addresses[0].addr_spec == "bo@xn--exmple-cua.example"
    assert email["From"].addresses[0].display_name == "Müller, Bo"
    for address in ("josé@them.example", "two@@them.example", "", "a b@them.example", "x" * 65 + "@them.example"):
        with pytest.raises(AddressInvalid) as caught:
            compose(replace(MESSAGE, to_address=address))
        assert caught.value.code == "invalid_email"


def test_addresses_are_normalised() -> None:
    assert normalise_address("  Lead3@Messy3.EXAMPLE ") == "lead3@messy3.example"
    assert normalise_address("Jose@EXÄMPLE.example") == "jose@xn--exmple-cua.example"


def test_a_message_needs_a_body_and_a_message_id() -> None:
    with pytest.raises(Invalid):
        compose(replace(MESSAGE, text=" \n"))
    for message_id in ("", "1@us.example", "<a b@us.example>", "<é@us.example>"):
        with pytest.raises(Invalid):
            compose(replace(MESSAGE, message_id=message_id))


def test_message_ids_and_reply_subjects() -> None:
    assert new_message_id(UUID(int=7), "exämple.example") == f"<{UUID(int=7)}@xn--exmple-cua.example>"
    assert reply_subject("Hello") == reply_subject("re: RE[2]:Re: Hello") == "Re: Hello"
    assert reply_subject("Regarding you") == "Re: Regarding you"
    assert reply_subject("") == "Re:"


def test_html_to_text_survives_broken_html() -> None:
    assert html_to_text("<p>a<b>b</p><script>x</scr") == "ab"
    assert html_to_text("") == ""
    assert html_to_text("<a href='https://x.example'>https://x.example</a>") == "https://x.example"
