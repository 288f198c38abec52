"""Parses the responses of an IMAP server (RFC 3501 section 7). Accepts any bytes: an unknown response has the kind
`OTHER`."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

Value: TypeAlias = "bytes | list[Value] | None"

_TAGGED = re.compile(rb"(?P<tag>[A-Za-z0-9]+) (?P<status>OK|NO|BAD)\b ?(?P<text>.*)", re.IGNORECASE | re.DOTALL)
_STATUS = re.compile(rb"\* (?P<status>OK|NO|BAD|BYE|PREAUTH)\b ?(?P<text>.*)", re.IGNORECASE | re.DOTALL)
_NUMBERED = re.compile(rb"\* (?P<number>\d{1,10}) (?P<kind>[A-Za-z]+) ?", re.IGNORECASE)
_NAMED = re.compile(rb"\* (?P<kind>[A-Za-z]+) ?(?P<rest>.*)", re.DOTALL)
_CODE = re.compile(rb"\[(?P<name>[A-Za-z-]+)(?: (?P<value>[^\]]*))?\]")
_NUMBER = re.compile(rb"[0-9]{1,10}")
_MAX_DEPTH = 50


@dataclass(frozen=True, slots=True)
class ImapResponse:
    """One response. `kind` is in capitals: a status (OK, NO, BAD, BYE, PREAUTH), EXISTS, FETCH, SEARCH, `+`, ..."""

    kind: str
    tag: str | None = None
    """The tag of the command that this response completes; None for an untagged response."""
    number: int | None = None
    text: bytes = b""
    code: str = ""
    """The response code in brackets before the text of a status: UIDVALIDITY, AUTHENTICATIONFAILED..."""
    code_value: bytes = b""
    items: dict[str, Value] = field(default_factory=dict[str, Value])
    """The data items of a FETCH, by upper-case name. `BODY[]<0>` has the name `BODY[]`."""

    @property
    def numbers(self) -> list[int]:
        """The numbers of a SEARCH, without other words (MODSEQ, RFC 7162)."""
        found = (as_number(word) for word in self.text.split())
        return [number for number in found if number is not None]

    @property
    def code_number(self) -> int | None:
        return as_number(self.code_value)


def as_number(value: Value) -> int | None:
    """Returns the value as a number; None if it is not one. Numbers have 32 bits (RFC 3501 section 9), so at most ten
    digits are accepted."""
    return int(value) if isinstance(value, bytes) and _NUMBER.fullmatch(value) else None


def parse_response(parts: Sequence[bytes]) -> ImapResponse:
    """Parses one response. `parts` alternates between text and the contents of literals, beginning with text."""
    line = parts[0]
    if line.startswith(b"+"):
        return ImapResponse("+", text=line[1:].strip())
    if tagged := _TAGGED.fullmatch(line):
        return _status(tagged, tagged["tag"].decode("ascii"))
    if status := _STATUS.fullmatch(line):
        return _status(status, None)
    if numbered := _NUMBERED.match(line):
        kind = numbered["kind"].decode("ascii").upper()
        number = int(numbered["number"])
        if kind != "FETCH":
            return ImapResponse(kind, number=number)
        return ImapResponse(kind, number=number, items=_items([line[numbered.end() :], *parts[1:]]))
    if named := _NAMED.fullmatch(line):
        return ImapResponse(named["kind"].decode("ascii").upper(), text=named["rest"].strip())
    return ImapResponse("OTHER", text=line)


def _status(match: re.Match[bytes], tag: str | None) -> ImapResponse:
    text = match["text"]
    code = _CODE.match(text)
    return ImapResponse(
        match["status"].decode("ascii").upper(),
        tag=tag,
        text=text,
        code=code["name"].decode("ascii").upper() if code else "",
        code_value=(code["value"] or b"").strip() if code else b"",
    )


def _items(parts: Sequence[bytes]) -> dict[str, Value]:
    """Parses the items of a FETCH, such as `(UID 7 BODY[] {3}`, the literal, `)`: names and values alternate. Returns
    an empty dict if the text does not have this form."""
    try:
        values = _parse(parts)
    except ValueError:
        return {}
    inner = values[0] if values else None
    if not isinstance(inner, list):
        return {}
    names, contents = inner[::2], inner[1::2]
    return {_name(name): value for name, value in zip(names, contents, strict=False) if isinstance(name, bytes)}


def _name(name: bytes) -> str:
    # Remove the origin of a partial body: BODY[]<0>.
    return name.decode("ascii", "replace").upper().partition("<")[0]


def _parse(parts: Sequence[bytes]) -> list[Value]:
    """Returns nested lists of atoms, strings and literals. Raises ValueError if parentheses do not match."""
    root: list[Value] = []
    open_lists = [root]
    for word in _tokens(parts):
        if word == "(":
            inner: list[Value] = []
            open_lists[-1].append(inner)
            open_lists.append(inner)
            if len(open_lists) > _MAX_DEPTH:
                raise ValueError("nested too deeply")
        elif word == ")":
            open_lists.pop()
            if not open_lists:
                raise ValueError("an unmatched closing parenthesis")
        else:
            assert not isinstance(word, str), "only parentheses are yielded as str"
            open_lists[-1].append(word)
    return root


def _tokens(parts: Sequence[bytes]) -> Iterator[bytes | str | None]:
    for index, part in enumerate(parts):
        if index % 2:
            yield part
        else:
            # Remove the size of the following literal, `{3}` or `~{3}`: it is not a word.
            yield from _words(_LITERAL.sub(b"", part))


_LITERAL = re.compile(rb"~?\{\d+\+?\}$")
# Each character is matched at most once, whatever a server sends: the possessive quantifiers prevent backtracking, and
# a quoted string without an end is the rest of the line.
_WORD = re.compile(
    rb"""(?P<bracket>[()])
       | "(?P<quoted>(?:[^"\\]|\\.)*+)(?P<end>"?)
       | (?P<atom>(?:[^\s()"\[\]]|\[[^\]]*\]?|\])++)""",
    re.VERBOSE | re.DOTALL,
)


def _words(text: bytes) -> Iterator[bytes | str | None]:
    for match in _WORD.finditer(text):
        if match["bracket"]:
            yield match["bracket"].decode("ascii")
        elif match["end"]:
            yield re.sub(rb"\\(.)", rb"\1", match["quoted"], flags=re.DOTALL)
        elif match["atom"]:
            yield None if match["atom"].upper() == b"NIL" else match["atom"]
