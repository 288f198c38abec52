"""Responses of IMAP servers are parsed, and no input makes the parser fail or slow."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mail.imap.folders import encoded
from mail.imap.responses import ImapResponse, parse_response

# Parts of responses, combined in any order: they find more faults than random bytes.
PIECES = (
    *(b"* ", b"+ ", b"C1 OK ", b"1 ", b"99999999999999999999 ", b"FETCH ", b"SEARCH ", b"[UIDVALIDITY "),
    *(b"(", b")", b'"', b"\\", b"[", b"]", b"{3}", b"~{0}", b"\xff", b"\x00"),
    *(b"UID ", b"7 ", b"BODY[]<0> ", b"BODY[HEADER.FIELDS (A B)] ", b"NIL "),
)
LINES = some.lists(some.sampled_from(PIECES) | some.binary(max_size=8), max_size=30).map(b"".join)


@given(some.lists(LINES, min_size=1, max_size=5))
def test_any_bytes_are_parsed(parts: list[bytes]) -> None:
    response = parse_response(parts)
    assert all(number < 10**10 for number in response.numbers)
    assert response.code_number is None or response.code_number < 10**10


@pytest.mark.parametrize("piece", [b'\\"', b" ", b'"', b"[", b"a", b"() ", b"\\"])
def test_a_long_line_is_parsed_in_linear_time(piece: bytes) -> None:
    """A tenant chooses the server. Quadratic time would block the worker for hours."""
    for begun in (b'* 1 FETCH (UID 7 X "', b"* 1 FETCH (UID 7 X "):
        assert parse_response([begun + piece * 400_000]).kind == "FETCH"


def test_deep_nesting_yields_no_items() -> None:
    assert parse_response([b"* 1 FETCH " + b"(" * 100_000]).items == {}


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([b"C1 OK [READ-ONLY] done"], ImapResponse("OK", tag="C1", text=b"[READ-ONLY] done", code="READ-ONLY")),
        ([b"c1 no"], ImapResponse("NO", tag="c1")),
        ([b"* OK [UIDNEXT 12] x"], ImapResponse("OK", text=b"[UIDNEXT 12] x", code="UIDNEXT", code_value=b"12")),
        ([b"* 12 EXISTS"], ImapResponse("EXISTS", number=12)),
        ([b"* SEARCH"], ImapResponse("SEARCH")),
        ([b"+ idling"], ImapResponse("+", text=b"idling")),
        ([b"+"], ImapResponse("+")),
        ([b"nonsense"], ImapResponse("OTHER", text=b"nonsense")),
        ([b""], ImapResponse("OTHER")),
    ],
)
def test_each_form_of_response_is_parsed(parts: list[bytes], expected: ImapResponse) -> None:
    assert parse_response(parts) == expected


def test_a_fetch_with_literals_strings_and_lists_is_parsed() -> None:
    parts = [
        b'* 3 FETCH (FLAGS (\\Seen "a b") BODY[HEADER.FIELDS (FROM TO)] {4}',
        b"a)b\n",
        b" UID 7 X NIL BODY[]<0> ~{2}",
        b"{3",
        b")",
    ]
    items = parse_response(parts).items
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
def test_folder_names_are_encoded(name: str, sent: bytes) -> None:
    assert encoded(name) == sent
