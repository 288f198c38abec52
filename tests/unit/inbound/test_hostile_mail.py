"""No text of a hostile lead, import or user becomes a header, a tag or a template."""

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from api.schemas.common import Name
from api.schemas.fields import FilledLine, Line
from domain.engine.templates import render_header
from domain.errors import DomainError, HeaderInjection
from mail.compose import Outgoing, compose
from tests.properties import examples

BREAKS = ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\x00"]
"""What RFC 5322, Python's `splitlines`, JavaScript or a C program treats as the end of a line."""
MESSAGE = Outgoing(
    message_id="<1@sender.example>",
    date=datetime(2026, 3, 4, 9, 30, tzinfo=UTC),
    from_address="sam@sender.example",
    from_name="Sam",
    to_address="ada@acme.example",
    to_name="Ada",
    subject="Hello",
    text="Hi",
)
HEADERS = ["From", "To", "Date", "Subject", "Message-ID", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"]


def read(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, policy=email.policy.default)


@pytest.mark.parametrize("line_break", BREAKS)
@pytest.mark.parametrize("field", ["subject", "from_name", "to_name", "from_address", "to_address", "message_id"])
def test_a_line_break_in_a_header_field_is_refused(field: str, line_break: str) -> None:
    hostile = f"{getattr(MESSAGE, field)}{line_break}Bcc: victim@evil.example"
    with pytest.raises(DomainError):
        compose(replace(MESSAGE, **{field: hostile}))


@pytest.mark.parametrize("line_break", BREAKS)
def test_a_line_break_in_an_additional_header_is_refused(line_break: str) -> None:
    for name in ("List-Unsubscribe", "Reply-To", "X-Tenant"):
        with pytest.raises(HeaderInjection):
            compose(replace(MESSAGE, headers={name: f"x{line_break}Bcc: victim@evil.example"}))
    with pytest.raises(DomainError):
        compose(replace(MESSAGE, headers={f"X-A{line_break}Bcc": "victim@evil.example"}))
    with pytest.raises(DomainError):
        compose(replace(MESSAGE, thread=[f"<1@x>{line_break}Bcc: <v@evil.example>"]))


@pytest.mark.parametrize("line_break", BREAKS)
def test_line_breaks_of_lead_data_in_a_subject_become_spaces(line_break: str) -> None:
    """A company's name with a line break from a spreadsheet must not prevent the email."""
    subject = render_header("For {{ company }}", {"company": f"Acme{line_break}Bcc: victim@evil.example"})
    message = read(compose(replace(MESSAGE, subject=subject)))
    assert message["Subject"] == "For Acme Bcc: victim@evil.example"
    assert sorted(message.keys()) == sorted(HEADERS)


@pytest.mark.parametrize("line_break", BREAKS)
def test_names_with_line_breaks_are_refused_on_input(line_break: str) -> None:
    """Names of mailboxes, tenants, sequences and leads are checked before they are stored."""
    for line in (Line, FilledLine, Name):
        with pytest.raises(ValidationError):
            TypeAdapter[str](line).validate_python(f"Sam{line_break}Bcc: victim@evil.example")


@pytest.mark.parametrize(
    "trick",
    [
        "=?utf-8?q?Hi=0D=0ABcc:_victim=40evil.example?=",
        "=?utf-8?b?SGkNCkJjYzogdmljdGltQGV2aWwuZXhhbXBsZQ==?=",
        "=?utf-8?q?a?= =?utf-8?q?b?=",
        "Hi =?us-ascii?q?there?=",
        "=?utf-8?q?" + "x" * 80 + "?=",
    ],
)
def test_encoded_words_are_not_decoded_into_headers(trick: str) -> None:
    """RFC 2047: a receiver that decodes sees the written text, and no new header begins in it."""
    raw = compose(replace(MESSAGE, subject=trick, from_name=trick, headers={"X-Note": trick}))
    head = raw.partition(b"\r\n\r\n")[0]
    assert trick.encode() not in head
    message = email.message_from_bytes(raw)
    assert str(make_header(decode_header(message["Subject"]))) == trick
    assert [name for name in message if name not in (*HEADERS, "X-Note")] == []
    assert read(raw)["From"].addresses[0].addr_spec == "sam@sender.example"


@pytest.mark.parametrize(
    "name",
    [
        'Sam" <boss@acme.example>, "x',
        "Sam <boss@acme.example>",
        "boss@acme.example",
        "Sam, boss@acme.example",
        "Sam\\",
        "(comment) Sam",
        "group: boss@acme.example;",
    ],
)
def test_a_display_name_is_not_read_as_an_address(name: str) -> None:
    message = read(compose(replace(MESSAGE, from_name=name, to_name=name)))
    for header, address in (("From", "sam@sender.example"), ("To", "ada@acme.example")):
        [only] = message[header].addresses
        assert (only.display_name, only.addr_spec) == (name, address)


@examples(300)
@given(st.text(max_size=200), st.text(max_size=60), st.text(max_size=60))
def test_no_text_adds_a_header(subject: str, name: str, note: str) -> None:
    try:
        raw = compose(replace(MESSAGE, subject=subject, from_name=name, headers={"X-Note": note}))
    except DomainError:
        return
    head = raw.partition(b"\r\n\r\n")[0].decode("ascii")
    names = [line.partition(":")[0] for line in head.split("\r\n") if not line.startswith((" ", "\t"))]
    assert sorted(names) == sorted([*HEADERS, "X-Note"]) and head.splitlines() == head.split("\r\n")
