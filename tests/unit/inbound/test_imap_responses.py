"""What an IMAP server says is understood, and whatever it says does no harm."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mail.imap.folders import encoded
from mail.imap.responses import Response, understand

# Pieces that responses are made of, in any order: more harmful than bytes by chance.
PIECES = (
    *(b"* ", b"+ ", b"C1 OK ", b"1 ", b"99999999999999999999 ", b"FETCH ", b"SEARCH ", b"[UIDVALIDITY "),
    *(b"(", b")", b'"', b"\\", b"[", b"]", b"{3}", b"~{0}", b"\xff", b"\x00"),
    *(b"UID ", b"7 ", b"BODY[]<0> ", b"BODY[HEADER.FIELDS (A B)] ", b"NIL "),
)
LINES = some.lists(some.sampled_from(PIECES) | some.binary(max_size=8), max_size=30).map(b"".join)


@given(some.lists(LINES, min_size=1, max_size=5))
def test_anything_is_read(parts: list[bytes]) -> None:
    response = understand(parts)
    assert all(number < 10**10 for number in response.numbers)
    assert response.code_number is None or response.code_number < 10**10


@pytest.mark.parametrize("piece", [b'\\"', b" ", b'"', b"[", b"a", b"() ", b"\\"])
def test_a_long_line_takes_no_longer_than_it_is_long(piece: bytes) -> None:
    """A tenant names the server: hours, in which the worker does nothing else, where parts are read again and again."""
    for begun in (b'* 1 FETCH (UID 7 X "', b"* 1 FETCH (UID 7 X "):
        assert understand([begun + piece * 400_000]).kind == "FETCH"


def test_deep_nesting_is_no_fetch() -> None:
    assert understand([b"* 1 FETCH " + b"(" * 100_000]).items == {}


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([b"C1 OK [READ-ONLY] done"], Response("OK", tag="C1", text=b"[READ-ONLY] done", code="READ-ONLY")),
        ([b"c1 no"], Response("NO", tag="c1")),
        ([b"* OK [UIDNEXT 12] x"], Response("OK", text=b"[UIDNEXT 12] x", code="UIDNEXT", code_value=b"12")),
        ([b"* 12 EXISTS"], Response("EXISTS", number=12)),
        ([b"* SEARCH"], Response("SEARCH")),
        ([b"+ idling"], Response("+", text=b"idling")),
        ([b"+"], Response("+")),
        ([b"nonsense"], Response("OTHER", text=b"nonsense")),
        ([b""], Response("OTHER")),
    ],
)
def test_shapes(parts: list[bytes], expected: Response) -> None:
    assert understand(parts) == expected


def test_a_fetch_with_literals_strings_and_lists() -> None:
    parts = [
        b'* 3 FETCH (FLAGS (\\Seen "a b") BODY[HEADER.FIELDS (FROM TO)] {4}',
        b"a)b\n",
        b" UID 7 X NIL BODY[]<0> ~{2}",
        b"{3",
        b")",
    ]
    items = understand(parts).items
    assert items == {
        "FLAGS": [b"\\Seen", b"a b"],
        "BODY[HEADER.FIELDS (FROM TO)]": b"a)b\n",
        "UID": b"7",
        "X": None,
        "BODY[]": b"{3",
    }


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("INBOX", b"INBOX"),
        ("[Gmail]/Spam", b"[Gmail]/Spam"),
        ("Entwürfe & mehr", b"Entw&APw-rfe &- mehr"),
        ("台北", b"&U,BTFw-"),
        ("😀", b"&2D3eAA-"),
    ],
)
def test_names_of_folders(name: str, sent: bytes) -> None:
    assert encoded(name) == sent
