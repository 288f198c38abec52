"""No malformed message makes the classifier fail or take long.

What would take a reader of mail quadratic time or deep recursion is here by name; how long each takes is told by
`bench/inbound.py`.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.inbound import InboundMail, parse_inbound
from mail.inbound.message import MAX_BYTES, MAX_HEADERS, MAX_PARTS, MAX_TEXT, ParsedMessage
from tests.corpus.hostile import HOSTILE
from tests.corpus.world import specimens
from tests.properties import examples

RAW = [one.raw for one in specimens()]
NOISE = st.sampled_from(
    [
        *[
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
        ],
        *[
            b"=",
            b"(" * 50,
            b"\n--",
            b"boundary=",
            b"Content-Type: multipart/report;\n",
            b"Content-Type: message/rfc822\n",
        ],
        *[b"\n\nAction: failed\n\n", b"Status: 5.\n", b"\x1b$B", b"\xed\xa0\x80", b"; charset=punycode", b"From: \n"],
    ]
) | st.binary(max_size=30)


def sound(found: InboundMail) -> None:
    """Asserts that the result can be stored: no NUL, no lone surrogates, no text longer than its column."""
    texts = [found.text, found.subject, found.sender or "", found.status or "", found.diagnostic, found.rule]
    texts += [*found.references, *found.about, *found.recipients, *found.tokens, found.event_id]
    for text in texts:
        assert "\x00" not in text
        text.encode("utf-8")
    assert len(found.text) <= MAX_TEXT and len(found.diagnostic) <= 4000 and len(found.subject) <= 998
    assert all(len(address) <= 320 for address in (*found.about, *found.recipients))


@examples(300)
@given(st.binary(max_size=600))
def test_any_bytes_are_parsed(raw: bytes) -> None:
    sound(parse_inbound(raw))


@examples(500)
@given(
    st.sampled_from(RAW),
    st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 60), NOISE), max_size=8),
)
def test_damaged_messages_are_parsed(raw: bytes, damage: list[tuple[int, int, bytes]]) -> None:
    for position, length, noise in damage:
        raw = raw[:position] + noise + raw[position + length :]
    sound(parse_inbound(raw))


@examples(200)
@given(st.sampled_from(RAW), st.sampled_from(RAW), st.integers(0, 4000), st.integers(0, 4000), st.integers(1, 3))
def test_cut_mixed_and_repeated_messages_are_parsed(one: bytes, other: bytes, cut: int, at: int, times: int) -> None:
    sound(parse_inbound((one[:cut] + other[at:]) * times))


@examples(150)
@given(
    st.sampled_from(RAW),
    st.sampled_from(
        ["utf-7", "utf-16", "punycode", "idna", "iso-2022-jp", "hex", "no-such", "", "undefined", "\udcff"]
    ),
    st.sampled_from(["base64", "x-uuencode", "quoted-printable", "8bit", "nonsense"]),
)
def test_messages_with_wrong_charsets_and_encodings_are_parsed(raw: bytes, charset: str, encoding: str) -> None:
    head = f'Content-Type: text/plain; charset="{charset}"\nContent-Transfer-Encoding: {encoding}\n'
    sound(parse_inbound(head.encode("utf-8", "surrogateescape") + raw))


@pytest.mark.parametrize("name", HOSTILE)
def test_messages_made_to_slow_a_parser_are_parsed_quickly(name: str) -> None:
    raw = HOSTILE[name]()
    sound(parse_inbound(raw))
    mail = ParsedMessage.of(raw)
    assert len(mail.parts) <= MAX_PARTS
    assert len(mail.message.keys()) <= MAX_HEADERS
    assert all(len(str(value)) <= MAX_BYTES // 16 for value in mail.message.values())


def test_the_beginning_of_an_endless_message_is_read() -> None:
    """The explanation and the report come before the returned message and attachments."""
    for one in specimens():
        if one.classification == "hard_bounce" and one.told_by_bytes:
            long = parse_inbound(one.raw + b"\n" + b"x" * 75 + b"\n" * (10 * 2**20))
            assert long.classification == "hard_bounce", one.file
            break
    else:
        raise AssertionError("the corpus has no hard bounce")
